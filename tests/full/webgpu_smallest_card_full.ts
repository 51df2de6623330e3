/**
 * Every kernel on a device with no more than WebGPU promises anywhere: 8 storage buffers,
 * workgroups of 256 with 16 KiB, bindings of 128 MiB, and no optional feature.
 */

import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { hasAdapter } from "../support/gpu.ts";
import { checkValues, sizesOf } from "../support/kernel_checks.ts";

const LIMITS = {
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16 * 2 ** 10,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupsPerDimension: 65_535,
};

Deno.test({
  name: "webgpu forms agree with plain loops within WebGPU's default limits",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const features: GPUFeatureName[] = ["timestamp-query", "shader-f16", "subgroups"];
    const { backend } = await openWebGPU({ withheld: { limits: LIMITS, features } });
    try {
      await loadForms("gpu");
      const { limits } = backend.device;
      assertEquals(
        Object.keys(LIMITS).map((name) => limits[name as keyof typeof LIMITS]),
        Object.values(LIMITS),
      );
      for (const T of [7, 85]) {
        await checkValues(sizesOf({ B: 2, N: 3, T, C: 31, O: 33, k: 4 }));
      }
    } finally {
      tf.removeBackend("webgpu");
    }
  },
});
