/**
 * `deno task gpu:all [check|kernels|methods ...] [--out FOLDER] [--minutes 9] [--quick] [--device
 * webgpu]`: all that a machine with a GPU is asked, in three parts that each end within so many
 * minutes: doctor and the golden cases; a product of 4096^3 and every kernel; every method. Each
 * part writes a page of tables for docs/performance.md, and what the programs said beside it, after
 * every step: a part that is cut short keeps what it had. Exit code 1 if a step failed or found
 * something wrong.
 */

import { QUICK } from "../src/bench/kernel_bench.ts";
import { EMBEDDED } from "../src/config/embedded.ts";
import { timedCases } from "../src/ops/operations.ts";
import { type PartName, PARTS, stepsOf } from "./gpu_all/steps.ts";
import { runPart } from "./gpu_all/run_part.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "gpu:all [check|kernels|methods ...] [--out FOLDER] [--minutes 9] [--quick] " +
  "[--device webgpu]";
const { values, positionals } = taskWords(USAGE, {
  out: { type: "string", default: "gpu_figures" },
  minutes: { type: "string", default: "9" },
  quick: { type: "boolean", default: false },
  device: { type: "string", default: "webgpu" },
});
const minutes = Number(values.minutes);
const unknown = positionals.filter((name) => !(PARTS as readonly string[]).includes(name));
if (unknown.length > 0 || !(minutes > 0)) endWithUsage(USAGE);
const named = positionals as PartName[];
const runners = Object.keys(EMBEDDED.runner);
const kernels = [...new Set((await timedCases(QUICK)).map(({ name }) => name.split(" ")[0]))];
let sound = true;
for (const part of named.length ? named : PARTS) {
  const steps = stepsOf(part, { runners, kernels, device: values.device, quick: values.quick });
  sound = await runPart(part, steps, { folder: values.out, minutes }) && sound;
}
Deno.exit(sound ? 0 : 1);
