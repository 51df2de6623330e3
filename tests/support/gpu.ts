/** Whether tests can open the webgpu device here, a software adapter included; one of their own. */

import { findAdapter } from "../../src/device/webgpu/adapter.ts";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";

export const hasAdapter = await findAdapter() !== null;

if (!hasAdapter) {
  console.warn(
    "No Vulkan adapter: tests of the webgpu device are ignored. On Debian: apt install mesa-vulkan-drivers",
  );
}

/** A test with a device of its own, closed after it. */
export function gpuTest(
  name: string,
  body: (backend: WsvadWebGPUBackend) => Promise<void> | void,
  gpuMemory?: number,
): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    async fn() {
      // Most tests ask for the adapter alone.
      const { openWebGPU } = await import("../../src/device/webgpu/open_webgpu.ts");
      const { removeBackend } = await import("@tensorflow/tfjs");
      const { backend } = await openWebGPU({ gpuMemory });
      try {
        await body(backend);
      } finally {
        removeBackend("webgpu");
      }
    },
  });
}
