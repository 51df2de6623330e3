/**
 * `deno task time:shares RUNNER [VIDEOS] [key=value ...] [--threads N] [--steps N]`: where a
 * training step on the cpu device spends its time: products, passes that threads share, and the
 * rest, which more cores leave as it is. On one thread, as by default, docs/performance.md reckons
 * from these what a step would take on more cores; set OPENBLAS_NUM_THREADS=1 then. With as many
 * threads as the BLAS has, the time of the products is what no step can go below that makes the
 * same products by the same BLAS.
 */

import * as tf from "@tensorflow/tfjs";
import { benchModel } from "../src/bench/bench_model.ts";
import { currentLoad } from "../src/bench/measure.ts";
import { officialBatch, randomBatch } from "../src/bench/official_batch.ts";
import { eagerStep } from "../src/bench/training_step.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { openCpu } from "../src/device/cpu/open_cpu.ts";
import type { Passes } from "../kernels/pass_signatures.ts";
import { isThreaded } from "../src/device/cpu/threaded_passes.ts";
import { registry } from "../src/model/registry.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const LARGEST = 12;

const USAGE = "time:shares RUNNER [VIDEOS] [key=value ...] [--threads N] [--steps N]";
const { values: flags, positionals: words } = taskWords(USAGE, {
  threads: { type: "string", default: "1" },
  steps: { type: "string", default: "3" },
});
const threads = Number(flags.threads), steps = Number(flags.steps);
const settings = words.filter((word) => word.includes("="));
const [name, videos] = words.filter((word) => !word.includes("="));
if (!name || !(threads >= 1 && steps >= 1) || (videos !== undefined && !(Number(videos) >= 2))) {
  endWithUsage(USAGE);
}

await openDevice({ device: "cpu", threads });
const { backend, description, blas } = await openCpu({ threads });
const config = resolveConfig({ overrides: [`runner=${name}`, ...settings], catalog: registry });
const shape = officialBatch(config, videos === undefined ? undefined : Number(videos));
const bench = benchModel(config, shape[3] - Number(config.data.magnitude), null);
const batch = randomBatch(shape);

/** Seconds in each pass and in products; a pass may call none of the others. */
const seconds: Record<string, number> = {};
/** Seconds in each kernel beside passes, products and other kernels. */
const kernels: Record<string, number> = {};
/** Seconds so far in what is timed within the kernel that runs. */
let within = 0;
function timed(name: string, work: (...values: number[]) => unknown) {
  return (...values: number[]) => {
    const start = performance.now();
    const result = work(...values);
    const took = (performance.now() - start) / 1e3;
    seconds[name] = (seconds[name] ?? 0) + took;
    within += took;
    return result;
  };
}
for (const { kernelName, kernelFunc, setupFunc } of tf.getKernelsForBackend("wasm")) {
  tf.unregisterKernel(kernelName, "wasm");
  const kernel: tf.KernelFunc = (call) => {
    const before = within, start = performance.now();
    within = 0;
    const result = kernelFunc(call);
    const took = (performance.now() - start) / 1e3;
    kernels[kernelName] = (kernels[kernelName] ?? 0) + took - within;
    within = before + took;
    return result;
  };
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc: kernel, setupFunc });
}
const passes = backend.passes as unknown as Record<string, (...values: number[]) => unknown>;
for (const [name, pass] of Object.entries(passes)) passes[name] = timed(name, pass);
const { gemm } = backend;
const multiply = timed("products", gemm.sgemm.bind(gemm) as (...values: unknown[]) => unknown);
let operations = 0;
const sgemm: typeof gemm.sgemm = (...values) => {
  operations += 2 * values[2] * values[3] * values[4];
  multiply(...values as unknown as number[]);
};
const { name: engine, ownBytes, alone } = gemm;
backend.gemm = {
  ...{ name: engine, ownBytes, sgemm, steps: (own, product) => gemm.steps(own, product) },
  alone: alone && ((body) => timed("heads", () => alone(body))() as ReturnType<typeof body>),
};

async function wholeStep(step: number): Promise<void> {
  await eagerStep(bench, batch, step);
  await bench.watch.flush();
}

await wholeStep(0); // compiles and allocates
operations = 0;
for (const record of [seconds, kernels]) for (const name in record) delete record[name];
const start = performance.now();
for (let step = 1; step <= steps; step++) await wholeStep(step);
const total = (performance.now() - start) / 1e3;

const products = seconds.products ?? 0;
const heads = seconds.heads ?? 0;
const found = Object.entries(seconds).filter(([name]) => name !== "products" && name !== "heads");
const shared = found.filter(([name]) => isThreaded(name as keyof Passes))
  .reduce((sum, [, seconds]) => sum + seconds, 0);
const percent = (part: number) => `${(100 * part / total).toFixed(1)} %`;
const { load } = currentLoad();
const rate = (operations / products / 1e9).toFixed(0);
console.log(
  [
    `${name} [${shape}] on ${description}`,
    `threads of it ${blas?.threads ?? 1}, of passes ${threads}: ${
      (total / steps).toFixed(3)
    } s a step`,
    `products ${percent(products)} (${(products / steps).toFixed(3)} s, ${rate} GFLOPS)`,
    `heads and small products done whole ${percent(heads)}`,
    `shared passes ${percent(shared)}`,
    `rest ${percent(total - products - heads - shared)}`,
    `load ${load.toFixed(1)}`,
  ].join("; "),
);
const own = Object.values(kernels).reduce((sum, seconds) => sum + seconds, 0);
console.log(`  of the rest, within kernels ${percent(own)}:`);
for (
  const [name, took] of Object.entries(kernels).sort(([, a], [, b]) => b - a).slice(0, LARGEST)
) {
  console.log(`    ${name} ${percent(took)}`);
}
console.log("  passes:");
for (const [name, took] of found.sort(([, a], [, b]) => b - a).slice(0, LARGEST)) {
  console.log(
    `    ${name} ${percent(took)}${isThreaded(name as keyof Passes) ? "" : ", one thread"}`,
  );
}
Deno.exit(0);
