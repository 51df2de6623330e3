import { assertEquals } from "@std/assert";
import { thresholdText } from "../../src/report/score_text.ts";

Deno.test("thresholdText() names the rule that chose a threshold, and a given number once", () => {
  assertEquals(thresholdText({ threshold: 0.5, rule: "0.5" }), "0.5");
  assertEquals(thresholdText({ threshold: 0.123281419, rule: "best_f1" }), "0.1233 (best_f1)");
});
