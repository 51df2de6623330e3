/**
 * The numbers of the official codes, each method quickly: scores, and a step or its gradients, on
 * the cpu. All cases, with either product engine and on the software GPU, are in
 * tests/full/golden_cases_full.ts.
 */

import { assert, assertEquals } from "@std/assert";
import { runVerify } from "../../src/commands/run_verify.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { goldenFolder } from "../support/golden.ts";
import { verifiesOnCpu, verifiesOnGpu, verifiesWithoutBlas } from "../support/verifies.ts";

const QUICK: Record<string, string[]> = {
  mil: ["eval", "eval_c3d_t47", "train", "steps"],
  rtfm: ["eval_t47", "train"],
  mgfn: ["eval", "train"],
  ur_dmu: ["eval_t2", "train"],
  bn_wvad: ["eval_t2", "train"],
  gs_moe: ["eval", "steps"],
  s3r: ["eval_t2", "steps"],
  clip_tsa: ["eval", "steps"],
  vadclip: ["eval", "train"],
  tpwng: ["eval_span", "steps"],
  prodisc: ["eval_t2", "steps"],
  pel4vad: ["eval_t2", "steps"],
  dsanet: ["eval_t2", "train_xd"],
};

Deno.test("the quick golden cases hold scores and a step or its gradients of every method", () => {
  assertEquals(Object.keys(QUICK).sort(), Object.keys(EMBEDDED.runner).sort());
  for (const [method, cases] of Object.entries(QUICK)) {
    assert(cases.some((name) => name.startsWith("eval")), method);
    assert(cases.some((name) => /^(train|steps)/.test(name)), method);
  }
});

for (const [method, cases] of Object.entries(QUICK)) {
  verifiesOnCpu(...cases.map((name) => `${method}/${name}`));
}
const mil = QUICK.mil.map((name) => `mil/${name}`);
verifiesWithoutBlas(...mil);
verifiesOnGpu(...mil);

Deno.test("runVerify() fails a case whose numbers are others", async () => {
  const report = await runVerify({
    cases: [goldenFolder("mil/eval")],
    against: `${goldenFolder("mil/train")}/expected.safetensors`,
    device: "cpu",
  });
  assert(!report.ok);
});
