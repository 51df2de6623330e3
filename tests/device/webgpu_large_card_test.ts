/** What a card asks of us that is larger than those at hand, on an adapter that is played. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { describeAdapter, requestDevice } from "../../src/device/webgpu/adapter.ts";

const LIMITS = {
  maxBufferSize: 2 ** 52,
  maxStorageBufferBindingSize: 2 ** 40,
  maxStorageBuffersPerShaderStage: 1_048_576,
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupsPerDimension: 65_535,
};

/** An adapter of these features; `refuses` says which of what is asked its driver has not. */
function played(features: string[], refuses: (asked: GPUDeviceDescriptor) => boolean) {
  const requests: GPUDeviceDescriptor[] = [];
  const device = {} as GPUDevice;
  const adapter = {
    info: { vendor: "4318", architecture: "", device: "", description: "A large card" },
    limits: LIMITS,
    features: new Set(features),
    requestDevice: (asked: GPUDeviceDescriptor) => {
      requests.push(asked);
      return refuses(asked)
        ? Promise.reject(new TypeError("not offered"))
        : Promise.resolve(device);
    },
  } as unknown as GPUAdapter;
  return { adapter, device, requests };
}

Deno.test("requestDevice() asks for no tensor whose elements 32 bits do not count", async () => {
  const { adapter, device, requests } = played(["shader-f16"], () => false);
  assertEquals(await requestDevice(adapter), device);
  const { requiredLimits } = requests[0];
  for (const name of ["maxBufferSize", "maxStorageBufferBindingSize"]) {
    const bytes = requiredLimits![name]!;
    assert(bytes / 4 < 2 ** 31 && bytes % 4 === 0 && bytes > 2 ** 32, `${name} ${bytes}`);
  }
  assertEquals(requiredLimits!.maxComputeWorkgroupStorageSize, 49_152);
  assertEquals(describeAdapter(adapter).limits.maxStorageBufferBindingSize, 2 ** 33 - 4);
});

Deno.test("requestDevice() asks for features that are offered, and for subgroups without a word of them", async () => {
  const { adapter, requests } = played(["shader-f16"], () => false);
  await requestDevice(adapter);
  assertEquals(requests[0].requiredFeatures, ["shader-f16", "subgroups"]);
  const without = played(
    [],
    ({ requiredFeatures }) => [...requiredFeatures!].includes("subgroups" as GPUFeatureName),
  );
  assertEquals(await requestDevice(without.adapter), without.device);
  assertEquals(without.requests.map(({ requiredFeatures }) => requiredFeatures), [
    ["subgroups"],
    [],
  ]);
});

Deno.test("requestDevice() names a card whose driver refuses", async () => {
  const { adapter } = played([], () => true);
  await assertRejects(
    () => requestDevice(adapter),
    Error,
    "Cannot open the webgpu device: A large card refused (not offered)",
  );
});
