/**
 * `deno task time:subnormals`: what numbers of 1e-40 cost on the cpu device without a BLAS: a product of 512^3 and the
 * passes that training steps spend most in, on ordinary operands and on operands full of 1e-40, in turn. Run it with
 * `--allow-ffi` (the task does) and without: there is a switch for such numbers only where native code may be called.
 */

import * as tf from "@tensorflow/tfjs";
import { inputsOf, type KernelBench, kernelTable, REALISTIC } from "../src/bench/kernel_table.ts";
import { currentLoad, median, secondsOf } from "../src/bench/measure.ts";
import { subnormalMode } from "../src/device/cpu/subnormals.ts";
import { openDevice } from "../src/ops/open_device.ts";
import "../src/model/registry.ts"; // registers every op

const SUBNORMAL = 1e-40, SIZE = 512, REPEATS = 9;
const PASSES = [
  ...["WsvadBatchNormGrad", "WsvadLayerNormGrad", "WsvadActivationGradient relu"],
  ...["WsvadDropout", "WsvadAdam"],
];

/** tfjs's own: kernels that are not ours meet such numbers too. */
const STOCK: KernelBench = {
  name: "tfjs square root",
  inputs: { x: [REALISTIC.R * REALISTIC.T, REALISTIC.C] },
  flops: 0,
  run: ({ x }) => tf.sqrt(x),
};
const PRODUCT: KernelBench = {
  name: `product ${SIZE}^3`,
  inputs: { a: [SIZE, SIZE], b: [SIZE, SIZE] },
  flops: 2 * SIZE ** 3,
  run: ({ a, b }) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
};

const { name } = await openDevice({ device: "cpu", blas: "off" });
const { load } = currentLoad();
const switched = subnormalMode() ? "1e-40 counts as 0 in every kernel" : "no switch: in products";
console.log(`${name}; ${switched}; load ${load.toFixed(1)}, median of ${REPEATS}`);
const passes = kernelTable(REALISTIC).filter((bench) => PASSES.includes(bench.name));
for (const bench of [PRODUCT, ...passes, STOCK]) {
  const ordinary = inputsOf(bench), tiny = inputsOf(bench);
  for (const tensor of Object.values(tiny)) {
    if (tensor.dtype === "float32" && tensor.size > 2) fill(tensor);
  }
  const times: [number[], number[]] = [[], []];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (const [i, inputs] of [ordinary, tiny].entries()) {
      const took = await secondsOf(() => tf.tidy(() => void bench.run(inputs)));
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
