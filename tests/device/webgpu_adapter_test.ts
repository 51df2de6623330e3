/** Which drivers a process of ours has open. */

import { assert } from "@std/assert";
import { findAdapter } from "../../src/device/webgpu/adapter.ts";
import { hasAdapter } from "../support/gpu.ts";

Deno.test({
  name: "findAdapter() opens no driver of OpenGL: libEGL aborts processes that end beside a thread",
  ignore: !hasAdapter || Deno.build.os !== "linux",
  async fn() {
    assert(await findAdapter());
    const opened = Deno.readTextFileSync("/proc/self/maps");
    assert(opened.includes("libvulkan"), "the Vulkan loader is open");
    assert(!opened.includes("libEGL"), "libEGL is not open");
  },
});
