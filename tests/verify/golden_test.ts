/**
 * The official code's numbers, on both devices. The slow cases of the software GPU are in
 * tests/full and tests/long.
 */

import { assert } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { verifyText } from "../../src/cli/results.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import { hasAdapter } from "../support/gpu.ts";
import { goldenFolder } from "../support/golden.ts";

function verifies(name: string, cases: string[], options: DeviceOptions, ignore = false) {
  Deno.test({
    name: `runVerify() finds the official numbers of ${cases.join(", ")} ${name}`,
    ignore,
    async fn() {
      const report = await runVerify({ cases: cases.map(goldenFolder), ...options });
      assert(report.ok, verifyText(report));
    },
  });
}

const mil = ["mil/eval", "mil/eval_c3d_t47", "mil/train", "mil/steps"];
const rtfm = ["rtfm/eval", "rtfm/eval_t47", "rtfm/train"];
const hasBlas = findBlas().blas !== undefined;

verifies("on cpu with a BLAS", [...mil, ...rtfm], { device: "cpu" }, !hasBlas);
verifies("on cpu without a BLAS", [...mil, "rtfm/eval", "rtfm/train"], {
  device: "cpu",
  blas: "off",
});
verifies("on webgpu", mil, { device: "webgpu" }, !hasAdapter);

Deno.test("runVerify() fails a case whose numbers are others", async () => {
  const report = await runVerify({
    cases: [goldenFolder("mil/eval")],
    against: `${goldenFolder("mil/train")}/expected.safetensors`,
    device: "cpu",
  });
  assert(!report.ok);
});
