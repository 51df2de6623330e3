import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";

const { backend } = await openCpu({ blas: "off" });

Deno.test("a tensor takes over the memory that was reserved for it, and gives it back", () => {
  const before = backend.budget.used;
  const values = backend.reserved.take(12)!, held = backend.budget.used;
  values.set([1, 2, 3]);
  const x = tf.tensor(values, [3], "float32");
  assertEquals([backend.address(x), backend.budget.used], [values.byteOffset, held]);
  const y = tf.neg(x);
  assertEquals([...y.dataSync()], [-1, -2, -3]);
  // It lies where any tensor does: others may move it from now on.
  backend.allocator.makeGap(Infinity, Infinity);
  assertEquals([...x.dataSync()], [1, 2, 3]);
  tf.dispose([x, y]);
  assertEquals(backend.budget.used, before);
});

Deno.test("a part of what is reserved is copied, and what nobody takes over is given back", () => {
  const before = backend.budget.used;
  const [unused, values] = [backend.reserved.take(4096)!, backend.reserved.take(8192)!];
  values.set([5, 6]);
  const parts = [values.subarray(0, 2), values.subarray(4, 6)].map((part) => tf.tensor1d(part));
  assert(parts.every((part) => backend.address(part) !== values.byteOffset));
  assertEquals([...parts[0].dataSync()], [5, 6]);
  const taken = tf.tensor1d(values);
  assertEquals(backend.address(taken), values.byteOffset);
  backend.reserved.release();
  assertEquals(taken.dataSync().length, 2048);
  tf.dispose([...parts, taken]);
  assertEquals([backend.budget.used, unused.length], [before, 1024]);
});

Deno.test("more than the heap has left is not reserved", () => {
  assertEquals(backend.reserved.take(2 ** 32 - 16), null);
});
