/**
 * `deno task time:threads [THREADS] [PART OF A NAME ...]`: our own products and kernels on one
 * thread and on several, in turn, the best of many runs each, without a BLAS. Other work on the
 * machine takes the cores that are measured.
 */

import * as tf from "@tensorflow/tfjs";
import { REALISTIC, timedInputs, timedRun } from "../src/bench/kernel_bench.ts";
import { currentLoad, secondsOf } from "../src/bench/measure.ts";
import { openCpu } from "../src/device/cpu/open_cpu.ts";
import { drawn, type KernelCase } from "../src/ops/kernel/kernel_case.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { timedCases } from "../src/ops/operations.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const SECONDS_EACH = 1, SIZES = [256, 512, 1024];
const USAGE = "time:threads [THREADS, from 2 on] [PART OF A NAME ...]";
const { positionals: [given, ...parts] } = taskWords(USAGE);
const threads = given === undefined ? navigator.hardwareConcurrency : Number(given);
if (!(threads >= 2)) endWithUsage(USAGE);

const products = SIZES.map((size): KernelCase => ({
  name: `product ${size}^3`,
  inputs: { a: drawn("a", [size, size]), b: drawn("b", [size, size]) },
  run: ({ a, b }) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  expected: () => [],
  tolerance: 0,
  timing: { flops: 2 * size ** 3 },
}));

await openDevice({ device: "cpu", blas: "off", threads });
console.log(`1 and ${threads} threads, load ${currentLoad().load.toFixed(1)}`);
for (const bench of [...products, ...await timedCases(REALISTIC)]) {
  if (parts.length > 0 && !parts.some((part) => bench.name.includes(part))) continue;
  const inputs = timedInputs(bench), best = [Infinity, Infinity];
  const start = performance.now();
  for (let round = 0; round < 6 || performance.now() - start < 1e3 * SECONDS_EACH; round++) {
    for (const [i, count] of [1, threads].entries()) {
      const { backend } = await openCpu({ blas: "off", threads: count });
      await workersOf(backend.pool, count);
      for (let again = 0; again < 4; again++) { // the threads are awake from the second on
        best[i] = Math.min(
          best[i],
          await secondsOf(() => tf.tidy(() => void timedRun(bench, inputs))),
        );
      }
    }
  }
  const { flops = 0 } = bench.timing ?? {};
  const speed = (seconds: number) =>
    flops > 0 ? ` (${(flops / seconds / 1e9).toFixed(1)} GFLOP/s)` : "";
  const [one, several] = best.map((seconds) => `${(1e3 * seconds).toFixed(2)} ms${speed(seconds)}`);
  console.log(`${bench.name}: ${one}, ${several}, ${(best[0] / best[1]).toFixed(2)} times`);
  tf.dispose(inputs);
}
Deno.exit(0);

async function workersOf(pool: { start(): void; readonly ready: number }, count: number) {
  pool.start();
  while (pool.ready < count - 1) await new Promise((resolve) => setTimeout(resolve, 1));
}
