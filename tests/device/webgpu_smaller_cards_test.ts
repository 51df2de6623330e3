/** What the webgpu device does on cards that offer less than the software adapter, or that fail. */

import * as tf from "@tensorflow/tfjs";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { findAdapter, requestDevice } from "../../src/device/webgpu/adapter.ts";
import { DeviceHealth } from "../../src/device/webgpu/device_health.ts";
import { gridOf } from "../../src/device/webgpu/dispatch.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import { readKernel } from "../../src/device/webgpu/pipelines.ts";
import { memoryFaultOf } from "../../src/device/memory_fault.ts";
import { isFault } from "../../src/fault.ts";
import { placesWithin } from "../../src/ops/optimizer_step/together.ts";
import { hasAdapter } from "../support/gpu.ts";

const kernel = readKernel("any.wgsl", "@group(0) @binding(0) var<storage, read> x: array<f32>;");

Deno.test("gridOf() folds a number of workgroups into two dimensions, with at least as many", () => {
  const limit = 65_535;
  assertEquals(gridOf(kernel, limit, limit), [limit, 1, 1]);
  for (const count of [limit + 1, 2 * limit, 2 * limit + 1, 4_200_000, limit ** 2]) {
    const [x, y, z] = gridOf(kernel, count, limit);
    assert(x <= limit && y <= limit && z === 1, `${x} x ${y} x ${z}`);
    assert(x * y >= count && x * y < count + y, `${x} x ${y} for ${count}`);
  }
});

/** A video has no batch: what scores it says something else. */
function assertNamesOtherWork(error: unknown): void {
  const { message } = memoryFaultOf(error, 'Cannot score "v"', "cut it") as Error;
  assertStringIncludes(message, "; cut it, or use --device cpu");
  assert(!message.includes("batch_size"), message);
}

Deno.test("gridOf() refuses by name what no dimension takes", () => {
  for (const workgroups of [65_535 ** 2 + 1, [1, 65_536, 1] as [number, number, number]]) {
    const error = assertThrows(() => gridOf(kernel, workgroups, 65_535), RangeError, "any.wgsl");
    assert(isFault(error));
    assertStringIncludes((error as Error).message, "65535 per dimension; lower data.batch_size");
    assertNamesOtherWork(error);
  }
});

Deno.test("placesWithin() leaves Adam as many parameters as the storage buffers allow", () => {
  const buffers = [5, 6, 8, 10, 16, 18, 32, 1_000_000];
  assertEquals(buffers.map(placesWithin), [1, 1, 2, 3, 6, 7, 7, 7]);
});

/** A device that reports what a test has it report. */
function reporting(): { health: DeviceHealth; report(error: GPUError): void; lose(): void } {
  let lose = () => {};
  const lost = new Promise((resolve) => {
    lose = () => resolve({ reason: "unknown", message: "driver reset" });
  });
  const device = Object.assign(new EventTarget(), { lost });
  const report = (error: GPUError) =>
    void device.dispatchEvent(Object.assign(new Event("uncapturederror"), { error }));
  const health = new DeviceHealth(device as unknown as GPUDevice);
  return { health, report, lose };
}

Deno.test("DeviceHealth names memory that ran out, and what takes less", () => {
  const { health, report } = reporting();
  health.assert();
  report(new GPUOutOfMemoryError("Not enough memory left"));
  report(new GPUValidationError("a buffer is invalid")); // follows from it
  const error = assertThrows(() => health.assert(), RangeError, "The GPU is out of memory");
  assert(isFault(error));
  assertStringIncludes((error as Error).message, "lower data.batch_size");
  assertNamesOtherWork(error);
});

Deno.test("DeviceHealth tells a lost device from one that was closed", async () => {
  const { health, lose } = reporting();
  lose();
  const error = await assertRejects(() => health.reading(() => Promise.reject(new Error("late"))));
  assertStringIncludes((error as Error).message, "The GPU was lost (unknown: driver reset)");
  assertStringIncludes((error as Error).message, "resume");
  const closed = reporting();
  closed.health.close();
  closed.lose();
  assertEquals(await closed.health.reading(() => Promise.resolve(3)), 3);
});

Deno.test({
  name: "requestDevice() says that the adapter refused, and what to do",
  ignore: !hasAdapter,
  async fn() {
    const adapter = await findAdapter();
    const limits = { maxStorageBufferBindingSize: 2 ** 50 };
    const error = await assertRejects(() => requestDevice(adapter!, { limits }));
    assert(isFault(error));
    assertStringIncludes((error as Error).message, "Cannot open the webgpu device: ");
    assertStringIncludes((error as Error).message, "use --device cpu");
  },
});

Deno.test({
  name: "openWebGPU() computes without any optional feature of the adapter",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const features: GPUFeatureName[] = ["timestamp-query", "shader-f16", "subgroups"];
    const { backend } = await openWebGPU({ withheld: { features } });
    try {
      const has = features.filter((feature) => backend.device.features.has(feature));
      assertEquals(has, []);
      const y = tf.matMul(tf.ones([64, 512]), tf.fill([512, 64], 0.5)); // our tiles
      assert((await y.data()).every((value) => value === 256));
    } finally {
      tf.removeBackend("webgpu");
    }
  },
});
