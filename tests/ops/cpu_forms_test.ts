import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import {
  checkBits,
  checkCoverage,
  checkGradients,
  checkValues,
  sizesOf,
} from "../support/kernel_checks.ts";

// One of everything; primes; around vectors of 4, tiles of 6 x 8, blocks of 64 rows.
const shapes = [
  { B: 1, N: 1, T: 1, C: 1, O: 1, k: 1 },
  { B: 2, N: 3, T: 7, C: 13, O: 5, k: 7 },
  { B: 3, N: 1, T: 85, C: 31, O: 33, k: 4 },
  { B: 1, N: 1, T: 65, C: 66, O: 17, k: 3 },
  { B: 2, N: 10, T: 32, C: 67, O: 31, k: 3 },
].map(sizesOf);

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
        await checkValues(sizes);
      },
    });
  }

  Deno.test({
    name: `gradients on the cpu (${engine}) are the slopes of the plain loops`,
    ignore,
    async fn() {
      await openDevice({ device: "cpu", blas });
      await checkGradients();
    },
  });

  Deno.test({
    name: `cpu forms (${engine}) give the same bits in two runs`,
    ignore,
    async fn() {
      await openDevice({ device: "cpu", blas });
      await checkBits(shapes[4]);
    },
  });
}

Deno.test("kernelCases() hold a case for every kernel with a cpu form, and for every gradient", async () => {
  await openDevice({ device: "cpu", blas: "off" });
  await checkCoverage("wasm");
});

Deno.test("the cpu device opens again after it was closed", async () => {
  const first = await openDevice({ device: "cpu", blas: "off" });
  await first.close();
  const second = await openDevice({ device: "cpu", blas: "off" });
  const y = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
  assertEquals([...y.dataSync()], [3, 3, 3, 3]);
  await second.close();
});
