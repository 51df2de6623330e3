/** GS-MoE's golden cases: numbers of an independent reference, as no official code was released. */

import { assert } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import { verifyText } from "../../src/cli/results.ts";
import { goldenFolder } from "../support/golden.ts";
import { hasAdapter } from "../support/gpu.ts";

function verifies(name: string, cases: string[], options: DeviceOptions, ignore = false) {
  Deno.test({
    name: `runVerify() finds the numbers of ${cases.join(", ")} ${name}`,
    ignore,
    async fn() {
      const report = await runVerify({ cases: cases.map(goldenFolder), ...options });
      assert(report.ok, verifyText(report));
    },
  });
}

const small = ["gs_moe/eval", "gs_moe/train", "gs_moe/steps", "gs_moe/tgs"];

verifies(
  "on cpu with a BLAS",
  [...small, "gs_moe/eval_full"],
  { device: "cpu" },
  findBlas().blas === undefined,
);
verifies("on cpu without a BLAS", small, { device: "cpu", blas: "off" });
verifies("on webgpu", ["gs_moe/eval"], { device: "webgpu" }, !hasAdapter);
