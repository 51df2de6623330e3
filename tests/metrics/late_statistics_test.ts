import { assertEquals } from "@std/assert";
import { lateStatistics } from "../../src/metrics/late_statistics.ts";
import golden from "../golden/metrics/video_cases.json" with { type: "json" };

Deno.test("lateStatistics() gives the golden mean and deviation of the late half", () => {
  const { eval_aucs, late_half, auc_mean, auc_std } = golden.late_statistics;
  assertEquals(lateStatistics(eval_aucs), { mean: auc_mean, std: auc_std, n: late_half.length });
});

Deno.test("lateStatistics() leaves undefined values out, and is null without any", () => {
  assertEquals(lateStatistics([0.1, 0.2, null, 0.8]), { mean: 0.8, std: 0, n: 1 });
  assertEquals(lateStatistics([0.9, null]), null);
  assertEquals(lateStatistics([]), null);
});
