/**
 * `deno task pairs:backbone NAME [backbone.key=value ...] [--clips N] [--pairs N] [--repeats N]`:
 * the same network on the same numbers here and in PyTorch (a Python with torch; PYTHON names it),
 * a process of one side and then one of the other, on the cpu with a BLAS. It compares the features
 * and prints clips a second and the ratio. Figures in docs/performance.md come from here.
 */

import { median } from "../src/bench/measure.ts";
import { parseOverride } from "../src/config/override_grammar.ts";
import { registry } from "../src/model/registry.ts";
import { weightShapes } from "../src/nn/backbone_network.ts";
import type { PairRequest, PairSide } from "./pairs/backbone_side.ts";
import { inPairs, ratioLine, secondsOf, sideLine } from "./pairs/in_pairs.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

/** Features of the two may differ by float32's rounding through all layers. */
const MOST_APART = 1e-3;

const USAGE = "pairs:backbone NAME [backbone.key=value ...] [--clips N] [--pairs N] " +
  `[--repeats N]; NAME is one of ${
    Object.keys(registry.backbone).filter((known) => known !== "motion").join(", ")
  }`;
const { values: flags, positionals } = taskWords(USAGE, {
  clips: { type: "string" },
  pairs: { type: "string", default: "3" },
  repeats: { type: "string", default: "2" },
});
const [name, ...overrides] = positionals;
const entry = registry.backbone[name];
if (entry === undefined || name === "motion") endWithUsage(USAGE);
const settings = entry.config.parse(
  Object.fromEntries(overrides.map((text) => {
    const { path, value } = parseOverride(text);
    return [path.slice(1).join("."), value];
  })),
) as Record<string, unknown>;
const facts = entry.facts(settings);
/** Clips in a batch: single frames go together as extraction has them. */
const clips = Number(flags.clips ?? (facts.unit === "snippet" ? 1 : 16));
const request: PairRequest = {
  ...{ backbone: name, settings, weights: Object.fromEntries(weightShapes(entry, settings)) },
  clips: [clips, ...facts.input],
  threads: navigator.hardwareConcurrency,
  repeats: Number(flags.repeats),
};

const sides = await inPairs<PairSide>(
  { ours: "backbone_side.ts", theirs: "backbones.py" },
  request,
  Number(flags.pairs),
);
const [ours] = sides.ours, [theirs] = sides.theirs;
const apart = ours.features.reduce(
  (most, value, i) => Math.max(most, Math.abs(value - theirs.features[i])),
  0,
) / ours.largest;
if (!(apart < MOST_APART)) {
  console.error(`The features differ by ${apart} of the largest: the networks are not the same`);
  Deno.exit(1);
}
console.log(
  `${name} [${request.clips}], ${facts.snippet} frames a clip, ${sides.ours.length} pairs of ` +
    `${request.repeats} runs`,
);
for (const side of [sides.ours, sides.theirs]) {
  console.log(`${sideLine(side)}, ${(clips / median(secondsOf(side))).toFixed(2)} clips/s`);
}
console.log(`${ratioLine(sides)}; features differ by ${apart.toExponential(1)} of the largest`);
