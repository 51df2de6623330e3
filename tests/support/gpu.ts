/** Whether tests can open the webgpu device here, a software adapter included. */

import { findAdapter } from "../../src/device/webgpu/adapter.ts";

export const hasAdapter = await findAdapter() !== null;

if (!hasAdapter) {
  console.warn(
    "No Vulkan adapter: tests of the webgpu device are ignored. On Debian: apt install mesa-vulkan-drivers",
  );
}
