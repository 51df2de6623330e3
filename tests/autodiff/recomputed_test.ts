import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { gradientsOf } from "../../src/autodiff/backward.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { recomputed } from "../../src/autodiff/recomputed.ts";
import { gelu } from "../../src/ops/gelu/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { linear } from "../../src/ops/linear/op.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

const ROWS = 6400, CHANNELS = 32;
const variable = (name: string, shape: number[]) =>
  tf.tidy(() => tf.variable(tf.tensor(numbers(name, tf.util.sizeFromShape(shape)), shape)));

/** A layer, then two stages one after the other, of two layers each with dropout and a residual. */
function encoded(run: typeof recomputed, weights: tf.Variable[], state: tf.Tensor, x: tf.Tensor) {
  const [before, ...others] = weights;
  const drop = (stream: number) => ({ rate: 0.3, state, stream });
  const stage = (first: tf.Variable, second: tf.Variable, stream: number) => (h: tf.Tensor) => {
    const wide = gelu(linear(h, first, undefined, "none", drop(stream)));
    return tf.add(h, linear(wide, second, undefined, "relu", drop(stream + 10)));
  };
  const h = linear(x, before); // what the stages begin with depends on a variable itself
  return run(run(h, stage(others[0], others[1], 1)), stage(others[2], others[3], 2));
}

for (
  const [device, options, ignore] of [
    ["cpu", { device: "cpu", blas: "off" }, false],
    ["webgpu", { device: "webgpu" }, !hasAdapter],
  ] as [string, DeviceOptions, boolean][]
) {
  Deno.test({
    name:
      `recomputed() on ${device} gives the bits of the stage itself, value and gradients, for less memory`,
    ignore,
    fn: () =>
      withDevice(async (machine) => {
        const sources = ["a", "b", "c", "d", "e"].map((name) =>
          variable(name, [CHANNELS, CHANNELS])
        );
        const state = tf.tidy(() =>
          tf.variable(tf.tensor1d([7, 0, 3, 0], "int32"), false, undefined, "int32")
        );
        const x = tf.tensor(numbers("x", ROWS * CHANNELS), [ROWS, CHANNELS]);
        const pass = async (run: typeof recomputed) => {
          machine.resetUse();
          const { value, gradients } = gradientsOf(
            () => tf.sum(tf.square(encoded(run, sources, state, x))),
            sources,
          );
          const results = [value, ...gradients.map((each) => each!)];
          const values = await Promise.all(results.map((each) => each.data()));
          tf.dispose(results);
          return {
            values: values.map((each) => Float32Array.from(each)),
            peak: machine.use().peak,
          };
        };
        const kept = await pass((x, stage) => stage(x)), again = await pass(recomputed);
        assert(kept.values.every((each) => each.some((value) => value !== 0)));
        assertEquals(again.values, kept.values);
        if (device === "cpu") assert(again.peak < kept.peak, `${again.peak} of ${kept.peak} bytes`);
        const { value, gradients } = gradientsOf(() => tf.sum(x), sources); // without the stages
        assert(gradients.every((each) => each === null));
        tf.dispose([value, ...sources, state, x]);
      }, options),
  });
}

Deno.test("recomputed() refuses a stage that reads more than its input: the gradient would miss it", () =>
  withDevice(() => {
    const w = variable("w", [3]);
    assertThrows(
      () =>
        gradientsOf(() => {
          const h = tf.mul(w, 2), other = tf.mul(w, 3);
          return tf.sum(recomputed(h, (h) => tf.mul(h, other))) as tf.Scalar;
        }, [w]),
      Error,
      "not its input",
    );
    w.dispose();
  }));

Deno.test("recomputed() outside of a backward pass is the stage", () =>
  withDevice(() => {
    const x = tf.tensor1d([1, 2]);
    const y = recomputed(x, (x) => tf.mul(x, tf.add(x, 1)));
    assertEquals([...y.dataSync()], [2, 6]);
    tf.dispose([x, y]);
  }));
