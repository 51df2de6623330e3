import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { kernelsWithForm } from "../../src/ops/kernel/kernel.ts";
import { type CaseSizes, kernelCases, runCases } from "../../src/ops/kernel/self_check.ts";

// One of everything; primes; around vectors of 4, tiles of 6 x 8, blocks of 64 rows.
const shapes: CaseSizes[] = [
  { B: 1, N: 1, T: 1, C: 1, O: 1, k: 1 },
  { B: 2, N: 3, T: 7, C: 13, O: 5, k: 7 },
  { B: 3, N: 1, T: 85, C: 31, O: 33, k: 4 },
  { B: 1, N: 1, T: 65, C: 66, O: 17, k: 3 },
  { B: 2, N: 10, T: 32, C: 67, O: 31, k: 3 },
];

const engines = [
  { name: "wasm SIMD", blas: "off" as string | undefined, ignore: false },
  { name: "BLAS", blas: undefined, ignore: findBlas().blas === undefined },
];

for (const { name: engine, blas, ignore } of engines) {
  for (const sizes of shapes) {
    Deno.test({
      name: `cpu forms (${engine}) agree with plain loops at ${JSON.stringify(sizes)}`,
      ignore,
      async fn() {
        await openDevice({ device: "cpu", blas });
        const before = tf.memory().numTensors;
        for (const { name, error, tolerance, passed } of await runCases(kernelCases(sizes))) {
          assert(passed, `${name}: error ${error}, allowed ${tolerance}`);
        }
        assertEquals(tf.memory().numTensors, before, "no tensor is left over");
      },
    });
  }
}

Deno.test("kernelCases() hold a case for every kernel with a cpu form", async () => {
  await openDevice({ device: "cpu", blas: "off" });
  const covered = new Set(kernelCases(shapes[0]).map(({ name }) => name.split(" ")[0]));
  const forms = kernelsWithForm("wasm");
  assert(forms.includes("WsvadLinear"), "the forms are registered");
  assertEquals(forms.filter((kernel) => !covered.has(kernel)), []);
});

Deno.test("the cpu device opens again after it was closed", async () => {
  const first = await openDevice({ device: "cpu", blas: "off" });
  await first.close();
  const second = await openDevice({ device: "cpu", blas: "off" });
  const y = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
  assertEquals([...y.dataSync()], [3, 3, 3, 3]);
  await second.close();
});
