import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { channelNorm } from "../../src/ops/channel_norm/op.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { hasAdapter } from "../support/gpu.ts";

const ignore = !hasAdapter;
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

const tensor = (name: string, shape: number[]) =>
  tf.tensor(numbers(name, tf.util.sizeFromShape(shape)), shape);

Deno.test({
  name:
    "channelNorm has no slope at equal channels on webgpu: NaN, and 0 with guard; other rows keep theirs",
  ignore,
  async fn() {
    const weights = tensor("weights", [3, 8]);
    const slopes = async (guard: boolean) => {
      const gradient = tf.tidy(() => {
        const x = tf.concat([tensor("x", [1, 8]), tf.fill([1, 8], 2.5), tensor("x", [1, 8])], 0);
        const norm = (x: tf.Tensor) => channelNorm(x, tf.ones([8]), tf.zeros([8]), { guard });
        return tf.grad((x) => tf.sum(tf.mul(norm(x), weights)))(x);
      });
      const values = await gradient.data();
      gradient.dispose();
      return [0, 1, 2].map((row) => [...values.subarray(8 * row, 8 * row + 8)]);
    };
    const [free, guarded] = [await slopes(false), await slopes(true)];
    weights.dispose();
    assert(free[1].every(Number.isNaN), `${free[1]}`);
    assert(guarded[1].every(Number.isFinite), `${guarded[1]}`);
    for (const row of [0, 2]) {
      assert(free[row].every((value, i) => Object.is(value, guarded[row][i])), `row ${row}`);
      assert(free[row].some((value) => Math.abs(value) > 1e-3), `row ${row} is 0`);
    }
  },
});

Deno.test({
  name: "the webgpu device of the channel norm tests closes",
  ignore,
  async fn() {
    await gpu!.close();
  },
});
