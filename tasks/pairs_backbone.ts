/**
 * `deno task pairs:backbone NAME [backbone.key=value ...] [--clips N] [--pairs N] [--repeats N]`:
 * the same network on the same numbers here and in PyTorch (a Python with torch; PYTHON names it),
 * a process of one side and then one of the other, on the cpu with a BLAS. It compares the features
 * and prints clips a second and the ratio. Figures in docs/performance.md come from here.
 */

import { fileURLToPath } from "node:url";
import { currentLoad, median } from "../src/bench/measure.ts";
import { parseOverride } from "../src/config/override_grammar.ts";
import { registry } from "../src/model/registry.ts";
import { weightShapes } from "../src/nn/backbone_network.ts";
import type { PairRequest, PairSide } from "./pairs/backbone_side.ts";
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

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const sides: Record<"ours" | "theirs", PairSide[]> = { ours: [], theirs: [] };
for (let pair = 0; pair < Number(flags.pairs); pair++) {
  const ours = await run(Deno.execPath(), [
    "run",
    "-A",
    "--frozen",
    here("pairs/backbone_side.ts"),
  ]);
  // The kernels that our BLAS runs: an OpenBLAS that does not know a processor takes slow ones.
  const core = /OpenBLAS [\d.]+ \((\w+)/.exec(ours.by)?.[1];
  const python = Deno.env.get("PYTHON") ?? "/usr/bin/python3";
  const theirs = await run(python, [here("pairs/backbones.py")], core);
  sides.ours.push(ours);
  sides.theirs.push(theirs);
  console.error(`pair ${pair + 1}: ${best(ours)} s and ${best(theirs)} s`);
}
const [ours] = sides.ours, [theirs] = sides.theirs;
const apart = ours.features.reduce(
  (most, value, i) => Math.max(most, Math.abs(value - theirs.features[i])),
  0,
) / ours.largest;
if (!(apart < MOST_APART)) {
  console.error(`The features differ by ${apart} of the largest: the networks are not the same`);
  Deno.exit(1);
}
const all = (of: PairSide[]) => of.flatMap(({ seconds }) => seconds);
const [a, b] = [all(sides.ours), all(sides.theirs)];
const line = (of: PairSide[], seconds: number[]) =>
  `${of[0].by}: median ${median(seconds).toFixed(3)} s, best ${
    Math.min(...seconds).toFixed(3)
  } s, ${(clips / median(seconds)).toFixed(2)} clips/s, ${
    (Math.max(...of.map(({ bytes }) => bytes)) / 1e9).toFixed(2)
  } GB`;
console.log(`${name} [${request.clips}], ${facts.snippet} frames a clip, ${a.length} runs each`);
console.log(line(sides.ours, a));
console.log(line(sides.theirs, b));
console.log(
  `ratio of medians ${(median(a) / median(b)).toFixed(2)}, of bests ${
    (Math.min(...a) / Math.min(...b)).toFixed(2)
  }; features differ by ${apart.toExponential(1)} of the largest; load ${
    currentLoad().load.toFixed(1)
  }`,
);

function best({ seconds }: PairSide): string {
  return Math.min(...seconds).toFixed(3);
}

async function run(program: string, args: string[], core?: string): Promise<PairSide> {
  const env: Record<string, string> = core === undefined
    ? {}
    : { OPENBLAS_CORETYPE: core, OMP_WAIT_POLICY: "passive" };
  const child = new Deno.Command(program, {
    ...{ args, env, stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(request)));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) {
    console.error(`${program} ${args.join(" ")} failed`);
    Deno.exit(1);
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}
