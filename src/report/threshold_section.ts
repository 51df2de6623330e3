/** The threshold of a report as text and tables: what the slider moves, complete without it. */

import thresholdSection from "./page/threshold.html" with { type: "text" };

import type { Confusion, OperatingPoint } from "../metrics/operating_point.ts";
import { operatingPoint } from "../metrics/operating_point.ts";
import { fillTemplate, Markup, markup } from "./markup.ts";
import type { RunReport } from "./run_facts.ts";
import type { ThresholdChart } from "./threshold_chart.ts";

const NONE = "\u2013";

/** A share with four digits. */
const share = (value: number | null) => value === null ? NONE : value.toFixed(4);

/** A rate of alarms: `0`, `0.25`, `13.5`, `1,204`. */
export function rate(value: number | null): string {
  if (value === null) return NONE;
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

/** What a rule asks for, in words. */
function ruleTitle(rule: string): string {
  if (rule === "best_f1") return "Best F1";
  const [, kind, value] = rule.match(/^(fpr|far)=([^/]+)/) ?? [];
  if (kind === "fpr") return `${Number((100 * Number(value)).toPrecision(6))} % of normal frames`;
  if (kind === "far") {
    return value === "1" ? "1 false alarm an hour" : `${value} false alarms an hour`;
  }
  return `Above ${rule}`;
}

/** The section; nothing without a threshold that says anything. */
export function thresholdTables(report: RunReport, chart: ThresholdChart | null): Markup {
  if (chart === null || report.operating === null) return markup``;
  const { curve, choice } = report.operating;
  const at = (entry: number, rule: string) => operatingPoint(curve, chart.thresholds[entry], rule);
  const opened = at(chart.start, choice.rule);
  const rows = chart.marks.map(({ rule, at: entry }) => ({ entry, point: at(entry, rule) }));
  const { normalHours, normalVideos } = curve.totals;
  return new Markup(fillTemplate(thresholdSection, {
    hours: markup`${rate(normalHours)} h of ${normalVideos} normal videos`,
    last: markup`${chart.thresholds.length - 1}`,
    start: markup`${chart.thresholds.length - 1 - chart.start}`,
    value: markup`${opened.threshold.toPrecision(4)}`,
    numbers: numbers(opened),
    frames: confusion("frames", "Frames", opened.frames),
    videos: confusion("videos", "Videos", opened.videos),
    marks: marks(rows, choice.rule),
  }));
}

function numbers(point: OperatingPoint): Markup {
  const entries: [string, string, string][] = [
    ["precision", "Precision", share(point.precision)],
    ["recall", "Recall", share(point.recall)],
    ["f1", "F1", share(point.f1)],
    ["hour", "False alarms an hour", rate(point.false_alarms_per_hour)],
    ["each", "False alarms a normal video", rate(point.false_alarms_per_normal_video)],
    ["fpr", "Normal frames above", share(point.false_positive_rate)],
  ];
  return markup`${
    entries.map(([id, name, value]) =>
      markup`<div class="metric"><div class="face"><span class="name">${name}</span>
<span class="value" id="threshold-${id}">${value}</span></div></div>\n`
    )
  }`;
}

function confusion(id: string, title: string, { tp, fp, fn, tn }: Confusion): Markup {
  const cell = (name: string, value: number) =>
    markup`<td id="${id}-${name}">${value.toLocaleString("en")}</td>`;
  return markup`<table class="confusion">
<caption>${title}</caption>
<thead><tr><td></td><th scope="col">Alarm</th><th scope="col">No alarm</th></tr></thead>
<tbody>
<tr><th scope="row">Anomalous</th>${cell("tp", tp)}${cell("fn", fn)}</tr>
<tr><th scope="row">Normal</th>${cell("fp", fp)}${cell("tn", tn)}</tr>
</tbody></table>`;
}

function marks(rows: { entry: number; point: OperatingPoint }[], chosen: string): Markup {
  return markup`<table class="marks">
<thead><tr><th scope="col">Rule</th><th scope="col">Threshold</th><th scope="col">Precision</th>
<th scope="col">Recall</th><th scope="col">F1</th><th scope="col">Alarms an hour</th></tr></thead>
<tbody>
${
    rows.map(({ entry, point }) =>
      markup`<tr><th scope="row"><button type="button" data-entry="${entry}">${
        ruleTitle(point.rule)
      }</button>${point.rule === chosen && markup` <span class="chosen">chosen</span>`}</th><td>${
        point.threshold.toPrecision(4)
      }</td><td>${share(point.precision)}</td><td>${share(point.recall)}</td><td>${
        share(point.f1)
      }</td><td>${rate(point.false_alarms_per_hour)}</td></tr>\n`
    )
  }</tbody></table>`;
}
