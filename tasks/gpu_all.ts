/**
 * `deno task gpu:all [check|kernels|methods ...] [--out FOLDER] [--minutes 9] [--quick] [--device
 * webgpu]`: all that a machine with a GPU is asked, in three parts that each end within so many
 * minutes: doctor and the golden cases; a product of 4096^3, PyTorch's beside it, and every kernel;
 * every method. Each part writes a page of tables for docs/performance.md, and what the programs
 * said beside it, after every step: a part that is cut short keeps what it had, and a second call
 * goes on from there. Exit code 1 if a step failed or found something wrong.
 */

import { fileURLToPath } from "node:url";
import { QUICK } from "../src/bench/kernel_bench.ts";
import { EMBEDDED } from "../src/config/embedded.ts";
import { describeAdapter, findAdapter } from "../src/device/webgpu/adapter.ts";
import { timedCases } from "../src/ops/operations.ts";
import { type PartName, PARTS, type Programs, stepsOf } from "./gpu_all/steps.ts";
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

/** Sources, or what `deno task gpu:pack` made of them, which needs no configuration. */
const end = import.meta.url.slice(-2);
const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const programs: Programs = {
  main: fileAt(`../main.${end}`),
  product: fileAt(`./gpu_all/product.${end}`),
  pytorch: fileAt("./gpu_all/pytorch.py"),
  python: Deno.env.get("PYTHON") ?? "python3",
  deno: end === "ts"
    ? ["run", "-A", "--frozen", "--no-check"]
    : ["run", "-A", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
};

async function deviceName(): Promise<string> {
  const adapter = values.device === "cpu" ? null : await findAdapter();
  return adapter ? describeAdapter(adapter).description : values.device;
}

const runners = Object.keys(EMBEDDED.runner);
const kernels = [...new Set((await timedCases(QUICK)).map(({ name }) => name.split(" ")[0]))];
const about = [values.quick ? "quick" : "", await deviceName()].join(" ").toLowerCase();
let sound = true;
for (const part of named.length ? named : PARTS) {
  const options = { runners, kernels, device: values.device, quick: values.quick };
  const name = `${part} ${about}`.replace(/[^a-z0-9]+/g, "-").replace(/-$/, "");
  const steps = stepsOf(part, options, programs);
  sound = await runPart(part, steps, { folder: values.out, name, minutes }) && sound;
}
Deno.exit(sound ? 0 : 1);
