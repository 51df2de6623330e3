import { assertEquals } from "@std/assert";
import { verifyText } from "../../src/cli/results.ts";

const passing = {
  folder: "golden/mil/eval",
  runner: "mil",
  case: "eval",
  ok: true,
  seconds: 0.52,
  tensors: [
    { name: "scores", difference: 2e-6, limit: 1e-5, ok: true },
    { name: "topk_index", difference: 0, limit: 0, ok: true },
    { name: "grad_head/b", difference: null, limit: 0, ok: true, note: "true gradient is 0" },
  ],
};
const failing = {
  ...passing,
  folder: "golden/mil/train",
  ok: false,
  tensors: [{ name: "loss", difference: 0.5, limit: 1e-5, ok: false }],
};
const device = { name: "cpu, without a BLAS" };

Deno.test("verifyText() gives each tensor a line and says which came nearest to its limit", () => {
  assertEquals(verifyText({ device, ok: true, cases: [passing] }).split("\n"), [
    "ok    golden/mil/eval  3 tensors in 0.5 s",
    "  ok    scores       difference 2.0e-6, 1.0e-5 allowed",
    "  ok    topk_index   exact",
    "  ok    grad_head/b  true gradient is 0",
    "",
    "1 of 1 cases passed on cpu, without a BLAS",
    "nearest to its limit: scores of golden/mil/eval, at 20.0 %",
  ]);
});

Deno.test("verifyText() marks what failed, and why a case could not run", () => {
  const unknown = { ...failing, folder: "nowhere", tensors: [], error: "Cannot read it" };
  const text = verifyText({ device, ok: false, cases: [failing, passing, unknown] });
  assertEquals(text.split("\n").filter((line) => !line.startsWith("  ok  ")), [
    "FAIL  golden/mil/train  1 tensor in 0.5 s",
    "  FAIL  loss  difference 5.0e-1, 1.0e-5 allowed",
    "ok    golden/mil/eval  3 tensors in 0.5 s",
    "FAIL  nowhere",
    "      Cannot read it",
    "",
    "1 of 3 cases passed on cpu, without a BLAS",
  ]);
});
