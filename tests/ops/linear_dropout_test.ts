import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { DeviceOptions } from "../../src/device/device.ts";
import type { Activation } from "../../src/ops/activation/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { linear } from "../../src/ops/linear/op.ts";
import { dropout } from "../../src/ops/random_values/op.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

/**
 * [M, I, O]: narrower than a tile, tiles with rests in every direction, rows of fours, an inner
 * axis cut into slices.
 */
const SHAPES = [[37, 13, 5], [70, 31, 66], [130, 20, 132], [64, 1100, 50]];
const WHERE: [string, DeviceOptions, boolean][] = [
  ["cpu", { device: "cpu", blas: "off" }, false],
  ["webgpu", { device: "webgpu" }, !hasAdapter],
];

type Layer = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor) => tf.Tensor;

/** Output, and the gradients of x, weight and bias. */
async function made(layer: Layer, [M, I, O]: number[], biased: boolean): Promise<Float32Array[]> {
  const results = tf.tidy(() => {
    const inputs = [
      tf.tensor(numbers("x", M * I), [M, I]),
      tf.tensor(numbers("weight", O * I), [O, I]),
      ...(biased ? [tf.tensor(numbers("bias", O), [O])] : []),
    ];
    const apply = (...each: tf.Tensor[]) => layer(each[0], each[1], each[2]);
    const slopes = tf.tensor(numbers("slopes", M * O), [M, O]);
    return [apply(...inputs), ...tf.grads(apply)(inputs, slopes)];
  });
  const values = await Promise.all(results.map((each) => each.data()));
  tf.dispose(results);
  return values.map((each) => Float32Array.from(each));
}

for (const [device, options, ignore] of WHERE) {
  for (const activation of ["none", "relu", "sigmoid"] as Activation[]) {
    Deno.test({
      name:
        `linear() with dropout and ${activation} on ${device} is the dropout of linear(), and so are its gradients`,
      ignore,
      fn: () =>
        withDevice(async () => {
          const state = tf.tensor1d([7, 0, 3, 0], "int32");
          const drop = { rate: 0.6, state, stream: 9 };
          for (const shape of SHAPES) {
            for (const biased of shape === SHAPES[1] ? [true, false] : [true]) {
              const fused = await made(
                (x, w, b) => linear(x, w, b, activation, drop),
                shape,
                biased,
              );
              const apart = await made(
                (x, w, b) => dropout(linear(x, w, b, activation), drop),
                shape,
                biased,
              );
              const zeros = fused[0].filter((value) => value === 0).length / fused[0].length;
              assert(zeros > 0.5, `${zeros} of the outputs are 0`);
              assertEquals(fused[0], apart[0]);
              if (activation !== "sigmoid") {
                assertEquals(fused, apart);
                continue;
              }
              // The slope of a sigmoid comes from the kept output over the factor:
              // one rounding more.
              fused.forEach((values, i) => {
                const largest = apart[i].reduce(
                  (most, value) => Math.max(most, Math.abs(value)),
                  0,
                );
                const apartBy = values.map((value, j) => Math.abs(value - apart[i][j]));
                assert(Math.max(...apartBy) <= 2e-6 * largest, `result ${i} of [${shape}]`);
              });
            }
          }
          state.dispose();
        }, options),
    });
  }
}
