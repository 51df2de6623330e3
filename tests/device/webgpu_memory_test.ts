/** Memory of the webgpu device: its budget, and buffers that come back and are used again. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { BufferPool } from "../../src/device/webgpu/buffer_pool.ts";
import { gpuTest } from "../support/gpu.ts";

gpuTest("a tensor larger than a binding is refused by name of the settings", (backend) => {
  const limit = backend.device.limits.maxStorageBufferBindingSize;
  if (limit > 2 ** 31) return; // a real GPU's limit is beyond what a typed array holds
  const rows = limit / 4096 + 1;
  const error = assertThrows(
    () => tf.tile(tf.ones([1, 1024]), [rows, 1]),
    RangeError,
    "in one piece",
  );
  assert(isFault(error));
  assertMatch(error.message, /data\.batch_size.*--device cpu/);
});

gpuTest("memory beyond the budget is refused, naming needed, used and allowed", async (backend) => {
  const x = tf.tidy(() => tf.add(tf.ones([256, 1024]), 1)); // 1 MiB
  const kept: tf.Tensor[] = [];
  const error = assertThrows(
    () => {
      for (let i = 0; i < 10; i++) kept.push(tf.add(x, i));
    },
    RangeError,
    "Cannot allocate 1 MiB on the GPU",
  );
  assert(isFault(error));
  assertMatch(error.message, /of the 8 MiB allowed are in use; .*data\.batch_size.*--gpu-memory/);
  assert(backend.allocated.peak <= 8 * 2 ** 20);
  // What was computed before stands, and freed memory can be had again.
  assertEquals((await kept[2].data())[0], 4);
  tf.dispose(kept);
  assertEquals((await tf.add(x, 5).data())[0], 7);
}, 8 * 2 ** 20);

gpuTest("free buffers of other sizes make room before memory runs out", (backend) => {
  for (let rows = 1; rows <= 64; rows++) {
    tf.tidy(() => void tf.add(tf.ones([rows * 16, 1024]), 1)); // 64 KiB to 4 MiB, each size once
  }
  assert(backend.allocated.peak <= 16 * 2 ** 20);
}, 16 * 2 ** 20);

gpuTest(
  "BufferPool gives back what exceeds the most ever needed, longest unused first",
  (backend) => {
    const usage = GPUBufferUsage.STORAGE;
    const limits = { budget: Infinity, buffer: 2 ** 31, binding: 2 ** 27 };
    const pool = new BufferPool(backend.device, limits, { flush() {} });
    const size = 100 * 2 ** 20;
    for (let i = 0; i < 9; i++) pool.releaseBuffer(pool.acquireBuffer(size + 4 * i, usage));
    assertEquals(pool.getNumFreeBuffers(), 4); // 2 x 100 MiB + 256 MiB spare
    const newest = pool.acquireBuffer(size + 4 * 8, usage);
    assertEquals(pool.getNumFreeBuffers(), 3, "the newest is still there");
    pool.releaseBuffer(newest);
    pool.trim();
    assertEquals([pool.numBytesAllocated, pool.numBytesUsed], [0, 0]);
    pool.dispose();
  },
);

gpuTest(
  "large tensors that are disposed of give their memory back within a batch of commands",
  async (backend) => {
    // all of it, and far fewer dispatches than are submitted together
    const bytes = 16 * 2 ** 20, steps = 40;
    let x: tf.Tensor = tf.zeros([bytes / 4]);
    for (let step = 0; step < steps; step++) {
      const next = tf.add(x, 1);
      x.dispose();
      x = next;
    }
    assert(
      backend.use.peak < 200 * 2 ** 20,
      `${backend.use.peak} bytes at most, of ${steps * bytes}`,
    );
    const values = await x.data();
    assert(values.every((value) => value === steps));
    x.dispose();
  },
);
