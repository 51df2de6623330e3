/**
 * `deno task pairs:attention ROWS SNIPPETS HEADS CHANNELS [--pairs N] [--repeats N]`: attention's
 * forward and gradient here and in PyTorch (a Python with torch; PYTHON names it), a process of one
 * side and then one of the other, on the cpu with a BLAS. It compares the gradients. Figures in
 * docs/performance.md come from here.
 */

import type { AttentionRequest, AttentionSide } from "./pairs/attention_side.ts";
import { inPairs, ratioLine, sideLine } from "./pairs/in_pairs.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

/** Gradients of the two may differ by float32's rounding. */
const MOST_APART = 1e-4;

const USAGE = "pairs:attention ROWS SNIPPETS HEADS CHANNELS [--pairs N] [--repeats N]";
const { values: flags, positionals } = taskWords(USAGE, {
  pairs: { type: "string", default: "3" },
  repeats: { type: "string", default: "5" },
});
const [rows, time, heads, channels] = positionals.map(Number);
if (positionals.length !== 4 || ![rows, time, heads, channels].every((size) => size > 0)) {
  endWithUsage(USAGE);
}
const request: AttentionRequest = {
  ...{ rows, time, heads, channels },
  threads: navigator.hardwareConcurrency,
  repeats: Number(flags.repeats),
};
const sides = await inPairs<AttentionSide>(
  { ours: "attention_side.ts", theirs: "attention.py" },
  request,
  Number(flags.pairs),
);
const [ours] = sides.ours, [theirs] = sides.theirs;
const largest = Math.max(...theirs.gradients.map(Math.abs));
const apart = Math.max(...ours.gradients.map((value, i) => Math.abs(value - theirs.gradients[i])));
if (!(apart < MOST_APART * largest)) {
  console.error(`The gradients differ by ${apart}, their largest is ${largest}`);
  Deno.exit(1);
}
console.log(
  `attention [${rows}, ${time}, ${heads} heads x ${channels}], ${sides.ours.length} pairs`,
);
console.log(sideLine(sides.ours));
console.log(sideLine(sides.theirs));
console.log(`${ratioLine(sides)}; gradients differ by ${(apart / largest).toExponential(1)}`);
