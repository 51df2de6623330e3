/** Whole backbones, and features from frames to file: numbers of the official codes. */

import { hasShared, shared } from "../support/shared.ts";
import { assert } from "@std/assert";
import { verifyText } from "../../src/cli/results.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { hasAdapter } from "../support/gpu.ts";

const folders = ["clip_image", "i3d_resnet50", "i3d_inception", "c3d", "videomae", "vggish"];

const devices: Record<string, DeviceOptions> = {
  "on cpu with a BLAS": { device: "cpu" },
  "on cpu without a BLAS": { device: "cpu", blas: "off" },
  "on webgpu": { device: "webgpu" },
};

for (const [where, options] of Object.entries(devices)) {
  for (const folder of folders) {
    Deno.test({
      name: `runVerify() finds the official numbers of all cases of ${folder} ${where}`,
      ignore: !hasShared || (options.device === "webgpu" && !hasAdapter),
      async fn() {
        const report = await runVerify({ cases: [shared(`golden/${folder}`)], ...options });
        assert(report.ok, verifyText(report));
      },
    });
  }
}
