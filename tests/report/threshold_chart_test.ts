import { assert, assertEquals } from "@std/assert";
import { operatingPoint } from "../../src/metrics/operating_point.ts";
import { thresholdChart } from "../../src/report/threshold_chart.ts";
import { fakeReport } from "./fake_run.ts";

Deno.test("thresholdChart() has thresholds at which the counts beside them hold", () => {
  const report = fakeReport(40);
  const chart = thresholdChart(report)!;
  assert(chart.thresholds.length > 100);
  const { curve } = report.operating!;
  for (const [i, threshold] of chart.thresholds.entries()) {
    const { frames, false_alarms } = operatingPoint(curve, threshold, "");
    assertEquals(
      [frames.tp, frames.fp, false_alarms],
      [chart.tp[i], chart.fp[i], chart.falseAlarms[i]],
      `above ${threshold}`,
    );
  }
});
