/**
 * `deno task time:subnormals`: what numbers of 1e-40 cost on the cpu device without a BLAS: a
 * product of 512^3 and the passes that training steps spend most in, on ordinary operands and on
 * operands full of 1e-40, in turn. Run it with `--allow-ffi` (the task does) and without: there is
 * a switch for such numbers only where native code may be called.
 */

import * as tf from "@tensorflow/tfjs";
import { REALISTIC, timedInputs, timedRun } from "../src/bench/kernel_bench.ts";
import { currentLoad, median, secondsOf } from "../src/bench/measure.ts";
import { subnormalMode } from "../src/device/cpu/subnormals.ts";
import { drawn, type KernelCase, MEMORY_BOUND } from "../src/ops/kernel/kernel_case.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { timedCases } from "../src/ops/operations.ts";

const SUBNORMAL = 1e-40, SIZE = 512, REPEATS = 9;
const PASSES = [
  ...["WsvadBatchNormGrad", "WsvadLayerNormGrad", "WsvadActivationGradient relu"],
  ...["WsvadDropout", "WsvadAdam L2"],
];

/** tfjs's own: kernels that are not ours meet such numbers too. */
const { B, N, T, C } = REALISTIC;
const STOCK: KernelCase = {
  name: "tfjs square root",
  inputs: { x: drawn("x", [B * N * T, C], Math.abs) },
  run: ({ x }) => tf.sqrt(x),
  expected: ({ x }) => [Float64Array.from(x, Math.sqrt)],
  tolerance: 1e-6,
  timing: MEMORY_BOUND,
};
const PRODUCT: KernelCase = {
  name: `product ${SIZE}^3`,
  inputs: { a: drawn("a", [SIZE, SIZE]), b: drawn("b", [SIZE, SIZE]) },
  run: ({ a, b }) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  expected: () => [],
  tolerance: 0,
  timing: { flops: 2 * SIZE ** 3 },
};

const { name } = await openDevice({ device: "cpu", blas: "off" });
const { load } = currentLoad();
const switched = subnormalMode() ? "1e-40 counts as 0 in every kernel" : "no switch: in products";
console.log(`${name}; ${switched}; load ${load.toFixed(1)}, median of ${REPEATS}`);
const passes = (await timedCases(REALISTIC)).filter(({ name }) => PASSES.includes(name));
for (const bench of [PRODUCT, ...passes, STOCK]) {
  const ordinary = timedInputs(bench), tiny = timedInputs(bench);
  for (const tensor of Object.values(tiny)) {
    if (tensor.dtype === "float32" && tensor.size > 2) fill(tensor);
  }
  const times: [number[], number[]] = [[], []];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (const [i, inputs] of [ordinary, tiny].entries()) {
      const took = await secondsOf(() => tf.tidy(() => void timedRun(bench, inputs)));
      if (repeat > 0) times[i].push(took); // the first one compiles
    }
  }
  const [usual, slow] = times.map(median);
  const figures = `${(1e3 * usual).toFixed(2)} ms, of 1e-40 ${(1e3 * slow).toFixed(2)} ms`;
  console.log(`${bench.name}: ${figures}, ${(slow / usual).toFixed(2)} times`);
  tf.dispose([ordinary, tiny]);
}
Deno.exit(0);

function fill(tensor: tf.Tensor): void {
  (tf.backend() as unknown as { overwrite(x: tf.Tensor, values: Float32Array): void })
    .overwrite(tensor, new Float32Array(tensor.size).fill(SUBNORMAL));
}
