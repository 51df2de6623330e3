import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { BufferPool } from "../../src/device/webgpu/buffer_pool.ts";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import { readKernel } from "../../src/device/webgpu/pipelines.ts";
import { hasAdapter } from "../support/gpu.ts";

const addOne = readKernel(
  "add_one.wgsl",
  `struct Sizes { size: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> sizes: Sizes;
@compute @workgroup_size(1) fn main(
  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = group.x + group.y * groups.x;
  if (i < sizes.size) { y[i] += 1.0; }
}`,
);

/** A test with a device of its own, closed after it. */
function gpuTest(
  name: string,
  body: (backend: WsvadWebGPUBackend) => Promise<void> | void,
  gpuMemory?: number,
): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    async fn() {
      const { backend } = await openWebGPU({ gpuMemory });
      try {
        await body(backend);
      } finally {
        tf.removeBackend("webgpu");
      }
    },
  });
}

gpuTest("openWebGPU() makes its backend tfjs's own", (backend) => {
  assertEquals(tf.getBackend(), "webgpu");
  assert(tf.backend() === backend as tf.KernelBackend);
  assert(backend.device.limits.maxStorageBuffersPerShaderStage > 8, "the adapter's own limits");
});

gpuTest(
  "a kernel that does not compile fails the next read, with file and line",
  async (backend) => {
    const broken = readKernel(
      "broken.wgsl",
      `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() {
  y[0] = 1u + 2.0;
}`,
    );
    const y = tf.zeros([1]);
    const error = await assertRejects(async () => {
      backend.dispatch({ kernel: broken, bindings: { y }, workgroups: 1 });
      await y.data();
    });
    assertMatch((error as Error).message, /broken\.wgsl[\s\S]*:3:/);
    assertThrows(() => tf.add(y, 1), Error, "broken.wgsl"); // and every op from then on
    await assertRejects(() => tf.ones([1]).data(), Error, "broken.wgsl");
    assertThrows(() => backend.assertHealthy(), Error, "broken.wgsl");
  },
);

gpuTest("Pipelines.check() names the file and the line", async ({ pipelines }) => {
  const text = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1) fn main() { z[0] = 1.0; }`;
  await assertRejects(() => pipelines.check(readKernel("typo.wgsl", text)), SyntaxError, ":3:41");
  await pipelines.check(addOne);
});

gpuTest("a lost device fails reads with advice", async (backend) => {
  const y = tf.add(tf.ones([4]), 1);
  await y.data();
  backend.device.destroy();
  await backend.device.lost;
  assertThrows(() => backend.assertHealthy(), Error, "The GPU was lost");
  await assertRejects(() => y.data(), Error, "The GPU was lost");
});

gpuTest("dispatch() folds more workgroups than one dimension takes", async (backend) => {
  const size = 65535 * 2 + 17;
  const y = tf.variable(tf.zeros([size]));
  backend.dispatch({ kernel: addOne, bindings: { y }, uniforms: { size }, workgroups: size });
  const values = await y.data();
  assert(values.every((value) => value === 1));
  const grid: [number, number, number] = [65536, 1, 1];
  assertThrows(
    () =>
      backend.dispatch({ kernel: addOne, bindings: { y }, uniforms: { size }, workgroups: grid }),
    RangeError,
    "65535 per dimension",
  );
});

gpuTest(
  "dispatch() takes its turn between tfjs's ops, and outdates host copies",
  async (backend) => {
    const y = tf.variable(tf.zeros([3]));
    await y.data(); // a copy on the host
    const run = () =>
      backend.dispatch({ kernel: addOne, bindings: { y }, uniforms: { size: 3 }, workgroups: 3 });
    const before = tf.mul(y, 10);
    run();
    const between = tf.mul(y, 10);
    run();
    assertEquals([...await before.data()], [0, 0, 0]);
    assertEquals([...await between.data()], [10, 10, 10]);
    assertEquals([...await y.data()], [2, 2, 2]);
  },
);

gpuTest("dispatch() over nothing gives nothing", async (backend) => {
  const y = tf.engine().makeTensorFromTensorInfo(backend.output([0, 3]));
  backend.dispatch({ kernel: addOne, bindings: { y }, uniforms: { size: 0 }, workgroups: 0 });
  assertEquals(await y.data(), new Float32Array(0));
});

gpuTest("dispatch() refuses names that the kernel does not declare", (backend) => {
  const y = tf.zeros([1]);
  assertThrows(
    () =>
      backend.dispatch({
        kernel: addOne,
        bindings: { z: y },
        uniforms: { size: 1 },
        workgroups: 1,
      }),
    Error,
    'add_one.wgsl has no binding "z"',
  );
  assertThrows(
    () => backend.dispatch({ kernel: addOne, bindings: { y }, uniforms: {}, workgroups: 1 }),
    Error,
    'add_one.wgsl needs the uniform "size"',
  );
});

gpuTest("overwrite() changes what later commands see, not earlier ones", async (backend) => {
  const x = tf.tensor1d([1, 2]);
  const before = tf.mul(x, 1);
  backend.overwrite(x, Float32Array.of(3, 4));
  const after = tf.mul(x, 1);
  assertEquals([...await before.data()], [1, 2]);
  assertEquals([...await after.data()], [3, 4]);
  assertEquals([...await x.data()], [3, 4]);
});

gpuTest("makeUniforms() shares blocks of equal content only", (backend) => {
  const block = (...data: number[]) => backend.makeUniforms([{ type: "float32", data }]).buffer;
  assert(block(1, 2) === block(1, 2));
  assert(block(1, 2) !== block(2, 1));
  assert(block(0) !== block(-0));
  assert(block(1) !== backend.makeUniforms([{ type: "int32", data: [1] }]).buffer);
  assert(block(NaN) === block(NaN));
});

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

/** The bits of what `compute` gives, `times` times. */
async function bitsOf(compute: () => tf.Tensor, times: number): Promise<Uint32Array[]> {
  const results = Array.from({ length: times }, () => tf.tidy(compute));
  const read = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  return read.map((values) => new Uint32Array(values.slice().buffer));
}

// tfjs takes split-K for all of these: slices of 32, of 29 (a divisor), of none (prime),
// and untransposed.
for (
  const { inner, transposed } of [
    { inner: 5120, transposed: true },
    { inner: 29 * 151, transposed: true },
    { inner: 2503, transposed: true },
    { inner: 2560, transposed: false },
  ]
) {
  gpuTest(
    `matMul over ${inner} ${transposed ? "rows" : "columns"} is right and repeatable`,
    async () => {
      const x = tf.randomNormal([inner, 33], 0, 1, "float32", 1) as tf.Tensor2D;
      const y = tf.randomNormal([inner, 41], 0, 1, "float32", 2) as tf.Tensor2D;
      const a = transposed ? x : tf.transpose(x);
      const tensors = tf.memory().numTensors;
      const runs = await bitsOf(() => tf.matMul(a, y, transposed), 4);
      for (const run of runs) assertEquals(run, runs[0]);
      assertEquals(tf.memory().numTensors, tensors);
      const found = new Float32Array(runs[0].buffer);
      const [left, right] = [await x.data(), await y.data()];
      for (let i = 0; i < 33 * 41; i += 100) {
        let sum = 0;
        for (let n = 0; n < inner; n++) {
          sum += left[n * 33 + Math.floor(i / 41)] * right[n * 41 + i % 41];
        }
        assert(Math.abs(found[i] - sum) < 1e-3, `${found[i]} for ${sum}`); // 5120 terms of size 1
      }
    },
  );
}

gpuTest("unsortedSegmentSum adds rows in their order and drops negative ids", async () => {
  const x = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]);
  const ids = tf.tensor1d([2, 0, -1, 2], "int32");
  assertEquals(await tf.unsortedSegmentSum(x, ids, 4).array(), [[3, 4], [0, 0], [8, 10], [0, 0]]);
  const many = tf.randomNormal([1000, 70], 0, 1, "float32", 3);
  const where = tf.tidy(() =>
    tf.cast(tf.mul(tf.randomUniform([1000], 0, 1, "float32", 4), 7), "int32")
  );
  const [first, second] = await bitsOf(
    () => tf.unsortedSegmentSum(many, where as tf.Tensor1D, 7),
    2,
  );
  assertEquals(first, second);
});

gpuTest("dataSync() says what to use instead", () => {
  assertThrows(() => tf.add(tf.ones([2]), 1).dataSync(), Error, "use await data()");
});

Deno.test({
  name: "openDevice() webgpu describes itself, counts memory and closes",
  ignore: !hasAdapter,
  async fn() {
    const device = await openDevice({ device: "webgpu", gpuMemory: 2 ** 30 });
    const x = tf.add(tf.ones([256, 1024]), 1);
    device.overwrite(x, new Float32Array(256 * 1024).fill(5));
    await device.synchronise();
    assertEquals((await x.data())[7], 5);
    assertEquals(device.kind, "webgpu");
    assertEquals(device.describe().gpu_memory, 2 ** 30);
    const { bytes, peak } = device.memory();
    assert(bytes >= 2 ** 20 && peak >= bytes);
    await device.close();
    assertEquals(tf.findBackend("webgpu") === null || tf.getBackend() !== "webgpu", true);
  },
});

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
