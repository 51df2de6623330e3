/** A test that golden cases pass on a device. */

import { assert } from "@std/assert";
import { verifyText } from "../../src/cli/results.ts";
import { findBlas } from "../../src/device/cpu/blas.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import { goldenFolder } from "./golden.ts";
import { hasAdapter } from "./gpu.ts";

function verifies(where: string, cases: string[], options: DeviceOptions, ignore: boolean) {
  Deno.test({
    name: `runVerify() finds the numbers of ${cases.join(", ")} ${where}`,
    ignore,
    async fn() {
      const report = await runVerify({ cases: cases.map(goldenFolder), ...options });
      assert(report.ok, verifyText(report));
    },
  });
}

/** On the cpu, the products by a BLAS where there is one. */
export function verifiesOnCpu(...cases: string[]): void {
  verifies("on cpu", cases, { device: "cpu" }, false);
}

/** On the cpu, the products by a BLAS. */
export function verifiesWithBlas(...cases: string[]): void {
  verifies("on cpu with a BLAS", cases, { device: "cpu" }, findBlas().blas === undefined);
}

/** On the cpu, the products by our own code. */
export function verifiesWithoutBlas(...cases: string[]): void {
  verifies("on cpu without a BLAS", cases, { device: "cpu", blas: "off" }, false);
}

export function verifiesOnGpu(...cases: string[]): void {
  verifies("on webgpu", cases, { device: "webgpu" }, !hasAdapter);
}
