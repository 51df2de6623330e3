import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { readKernel } from "../../src/device/webgpu/pipelines.ts";
import { gpuTest, hasAdapter } from "../support/gpu.ts";

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
