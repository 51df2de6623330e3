import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { kernelsWithForm } from "../../src/ops/kernel/kernel.ts";
import { type CaseSizes, kernelCases, runCases } from "../../src/ops/kernel/self_check.ts";
import { hasAdapter } from "../support/gpu.ts";

const ignore = !hasAdapter;
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

// One of everything; primes; around the kernels' workgroups (32, 64, 256) and their blocks of 256 rows.
const shapes: CaseSizes[] = [
  { B: 1, N: 1, T: 1, C: 1, O: 1, k: 1 },
  { B: 2, N: 3, T: 7, C: 13, O: 5, k: 7 },
  { B: 3, N: 1, T: 85, C: 31, O: 33, k: 4 },
  { B: 1, N: 1, T: 256, C: 65, O: 17, k: 3 },
  { B: 1, N: 1, T: 257, C: 64, O: 16, k: 130 },
  { B: 2, N: 10, T: 32, C: 67, O: 31, k: 3 },
];

for (const sizes of shapes) {
  Deno.test({
    name: `webgpu forms agree with plain loops at ${JSON.stringify(sizes)}`,
    ignore,
    async fn() {
      const before = tf.memory().numTensors;
      for (const { name, error, tolerance, passed } of await runCases(kernelCases(sizes))) {
        assert(passed, `${name}: error ${error}, allowed ${tolerance}`);
      }
      assertEquals(tf.memory().numTensors, before, "no tensor is left over");
    },
  });
}

Deno.test({
  name: "kernelCases() hold a case for every kernel with a webgpu form",
  ignore,
  fn() {
    const covered = new Set(kernelCases(shapes[0]).map(({ name }) => name.split(" ")[0]));
    assertEquals(kernelsWithForm("webgpu").filter((kernel) => !covered.has(kernel)), []);
  },
});

Deno.test({
  name: "webgpu forms give the same bits in two runs",
  ignore,
  async fn() {
    const cases = kernelCases(shapes[5]);
    const bits = async () => {
      const outputs = cases.flatMap(({ run }) => tf.tidy(run));
      const read = await Promise.all(outputs.map((tensor) => tensor.data()));
      tf.dispose(outputs);
      return read.map((values) => new Uint32Array(values.slice().buffer));
    };
    assertEquals(await bits(), await bits());
  },
});

Deno.test({
  name: "the webgpu device closes",
  ignore,
  async fn() {
    await gpu!.close();
  },
});
