/** The report of a run: one HTML page that needs no network and opens from a file. */

import uPlotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import chartScript from "./page/chart.js" with { type: "text" };
import chartsStyle from "./page/charts.css" with { type: "text" };
import curvesScript from "./page/curves.js" with { type: "text" };
import curvesSection from "./page/curves.html" with { type: "text" };
import mediaStyle from "./page/media.css" with { type: "text" };
import pageStyle from "./page/page.css" with { type: "text" };
import pageTemplate from "./page/page.html" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import stepsScript from "./page/steps.js" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };
import thresholdScript from "./page/threshold.js" with { type: "text" };
import thresholdStyle from "./page/threshold.css" with { type: "text" };
import trainingSection from "./page/training.html" with { type: "text" };
import videosScript from "./page/videos.js" with { type: "text" };
import videosSection from "./page/videos.html" with { type: "text" };

import { fillTemplate, jsonForScript, Markup, markup } from "./markup.ts";
import { pageHead } from "./page_head.ts";
import { metricTitle, paperMetrics } from "../metrics/metric_table.ts";
import { smoothedVideos } from "../metrics/evaluated_runs.ts";
import type { RunReport } from "./run_facts.ts";
import { prThresholds, rocThresholds, thresholdChart } from "./threshold_chart.ts";
import { thresholdTables } from "./threshold_section.ts";
import { curveChart, lossChart, metricChart, videoCharts } from "./run_charts.ts";
import {
  classTable,
  facts,
  header,
  metricList,
  refreshTag,
  summaryTable,
  warningList,
} from "./run_sections.ts";

// In this order: the later change or use what the earlier say.
const STYLES = [uPlotStyle, pageStyle, tablesStyle, chartsStyle, mediaStyle, thresholdStyle];
const SCRIPTS = [chartScript, thresholdScript, stepsScript, curvesScript, videosScript, saveScript];
const NO_CURVE = { x: [], y: [] };

/**
 * Renders a run as one HTML page. Styles, scripts and numbers are all inside; long score curves are
 * thinned with their extremes kept, so that 290 videos of UCF-Crime make about 1 MB.
 *
 * @throws {RangeError} a score that is not finite, or segment scores of a video without a whole
 *     clip
 */
export function renderRunReport(report: RunReport): string {
  const { evaluation, log } = report;
  const loss = lossChart(log, report.termWeights);
  const metrics = metricChart(log, paperMetrics);
  const compared = smoothedVideos(report.videos, { smooth: report.smooth });
  const given = compared === report.videos ? null : report.videos;
  const videos = videoCharts(compared, report.spread, report.framesPerSnippet, given);
  const operating = thresholdChart(report);
  const roc = curveChart(evaluation?.roc ?? NO_CURVE);
  const pr = curveChart(evaluation?.pr ?? NO_CURVE);
  const data = {
    fps: report.fps,
    threshold: report.unboundedScores ? null : report.farThreshold,
    spread: report.spread,
    best: report.best?.step ?? null,
    loss,
    metrics: {
      steps: metrics.steps,
      series: metrics.series.map(({ name, values }) => ({ name: metricTitle(name), values })),
    },
    operating,
    roc: { ...roc, thresholds: rocThresholds(roc, report.operating) },
    pr: { ...pr, thresholds: prThresholds(pr, report.operating) },
    videos,
  };
  const title = `${report.runner.name} on ${report.data.name}`;
  const section = (text: string, present: boolean) => new Markup(present ? text : "");
  return fillTemplate(pageTemplate, {
    head: pageHead({ title, styles: STYLES, more: refreshTag(report) }),
    header: header(report, title),
    warnings: warningList(report.warnings),
    metrics: metricList(report),
    summary: summaryTable(report),
    threshold: thresholdTables(report, operating),
    videos: section(videosSection, videos.length > 0),
    curves: section(curvesSection, data.roc.x.length > 0),
    classes: classTable(evaluation?.classes ?? []),
    training: section(trainingSection, loss.steps.length + metrics.steps.length > 0),
    facts: facts(report),
    config: markup`${report.config}`,
    data: new Markup(`<script type="application/json" id="data">${jsonForScript(data)}</script>`),
    scripts: new Markup(`<script>\n${uPlotScript}\n(() => {\n${SCRIPTS.join("")}})();</script>`),
  });
}
