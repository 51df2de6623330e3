/** CLIP's text tower of 12 layers: numbers of the official code. */

import { hasShared, shared } from "../support/shared.ts";
import { assert } from "@std/assert";
import { verifyText } from "../../src/cli/results.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import { hasAdapter } from "../support/gpu.ts";

for (const device of ["cpu", "webgpu"] as const) {
  Deno.test({
    name: `runVerify() finds the official numbers of the full text tower on ${device}`,
    ignore: !hasShared || (device === "webgpu" && !hasAdapter),
    async fn() {
      const report = await runVerify({ cases: [shared("golden/clip_text/full")], device });
      assert(report.ok, verifyText(report));
    },
  });
}
