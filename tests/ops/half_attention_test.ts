import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { findAdapter } from "../../src/device/webgpu/adapter.ts";
import { cases as attentionCases } from "../../src/ops/attention/cases.ts";
import { runCases } from "../../src/ops/kernel/run_case.ts";

const ignore = !(await findAdapter())?.features.has("shader-f16");
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

/** Runs the work with operands of half precision. */
async function withHalves<T>(work: () => Promise<T>): Promise<T> {
  const backend = tf.backend() as unknown as WsvadWebGPUBackend;
  backend.halfProducts = true;
  return await work().finally(() => backend.halfProducts = false);
}

for (
  const sizes of [{ B: 2, N: 3, T: 7, C: 13, O: 5, k: 7 }, {
    B: 3,
    N: 1,
    T: 85,
    C: 31,
    O: 33,
    k: 4,
  }]
) {
  Deno.test({
    name:
      `attention() with operands of half precision errs by their rounding alone at T = ${sizes.T}`,
    ignore,
    async fn() {
      const cases = attentionCases.at({ ...sizes, P: 1 });
      const single = await runCases(cases), half = await withHalves(() => runCases(cases));
      half.forEach(({ name, error }, i) => {
        // operands are off by 2^-11, weights and their slopes once more
        assert(error < 8 * 2 ** -11, `${name}: ${error}`);
        assert(
          error > 3 * single[i].error,
          `${name}: ${error} in half, ${single[i].error} in single`,
        );
      });
      assertEquals(await withHalves(() => runCases(cases)), half, "the same bits again");
    },
  });
}

Deno.test({
  name: "the webgpu device of the half precision tests closes",
  ignore,
  fn: () => gpu!.close(),
});
