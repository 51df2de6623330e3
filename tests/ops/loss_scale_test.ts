import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { endScaledStep } from "../../src/ops/loss_scale/op.ts";
import { HYPER, HYPER_LENGTH, optimizerStep } from "../../src/ops/optimizer_step/op.ts";
import { hasAdapter } from "../support/gpu.ts";

for (const kind of ["cpu", "webgpu"] as const) {
  const ignore = kind === "webgpu" && !hasAdapter;

  Deno.test({
    name:
      `endScaledStep() on ${kind} leaves a NaN to be seen only where the scale cannot be halved`,
    ignore,
    async fn() {
      const device = await openDevice({ device: kind, blas: "off" });
      for (const [scale, shown] of [[2, 0], [1, NaN]]) {
        const state = tf.variable(tf.tensor1d([scale, 5, 0]), false);
        const { factor, seen } = endScaledStep(state, tf.tensor1d([NaN, 4]), null);
        assertEquals(Array.from(await factor.data()), [0]);
        assertEquals((await seen.data())[0], shown);
        assertEquals(Array.from(await state.data()), [1, 0, 1]);
      }
      await device.close();
    },
  });

  for (const kernel of ["WsvadAdam", "WsvadAdagrad", "WsvadSgd"] as const) {
    Deno.test({
      name:
        `optimizerStep() of ${kernel} on ${kind} changes nothing where the scale is 0, whatever the gradient`,
      ignore,
      async fn() {
        const device = await openDevice({ device: kind, blas: "off" });
        const state = {
          WsvadAdam: ["m", "v"],
          WsvadAdagrad: ["accumulator"],
          WsvadSgd: ["velocity"],
        };
        const variables = Object.fromEntries(
          ["parameter", ...state[kernel]].map((name, i) => [
            name,
            tf.variable(tf.tensor1d([1 + i, 2, 3])),
          ]),
        );
        const hyper = new Float32Array(HYPER_LENGTH).fill(0.5);
        hyper[HYPER.weightDecay] = 0.9;
        optimizerStep(kernel, variables, {
          gradient: tf.tensor1d([NaN, Infinity, 1]),
          hyper: tf.tensor1d(hyper),
          scale: tf.tensor1d([0]),
        }, { decoupled: true });
        const values = await Promise.all(Object.values(variables).map((each) => each.data()));
        values.forEach((each, i) => assertEquals(Array.from(each), [1 + i, 2, 3]));
        await device.close();
      },
    });
  }
}
