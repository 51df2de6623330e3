/** The parts of a run report that are text and tables. */

import {
  choosesOnTest,
  definitions,
  inOrder,
  metricTitle,
  paperMetrics,
} from "../metrics/metric_table.ts";
import type { ClassMetrics, Metrics } from "../metrics/evaluation.ts";
import { type IntervalMetric, intervalMetrics } from "../metrics/bootstrap.ts";
import { indexAt } from "../metrics/operating_curve.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { publishedText } from "./matrix.ts";
import type { RunReport } from "./run_facts.ts";

const NONE = "\u2013";

function count(value: number): string {
  return value.toLocaleString("en");
}

/** Metrics and losses with four digits after the point, as papers print them. */
function fourDigits(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toFixed(4);
}

/** A duration as people say it: `8.4 s`, `2 min 05 s`, `3 h 07 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Seconds after which the page of a running training loads itself again. */
const REFRESH_SECONDS = 30;

/** Nothing where the run has ended or was stopped. */
export function refreshTag({ unfinished }: RunReport): Markup {
  return unfinished?.running
    ? markup`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`
    : markup``;
}

export function header(report: RunReport, title: string): Markup {
  const date = report.created.toISOString();
  const { unfinished } = report;
  const line = [
    unfinished === null
      ? null
      : `${unfinished.running ? "running" : "stopped"}: step ${count(unfinished.step)} of ${
        count(unfinished.of)
      }`,
    report.steps > 0 ? `${plural(report.steps, "step")} in ${duration(report.seconds)}` : null,
    `seed ${report.seed}`,
    report.videos.length > 0 ? plural(report.videos.length, "test video") : null,
    `${report.tool.name} ${report.tool.version}`,
  ].filter((part) => part !== null).join(" \u00b7 ");
  return markup`<h1>${title}</h1>
<p class="paper">${report.runner.paper}</p>
<p class="line">${line} \u00b7 <time datetime="${date}">${
    date.slice(0, 16).replace("T", " ")
  } UTC</time></p>`;
}

export function warningList(warnings: string[]): Markup {
  if (warnings.length === 0) return markup``;
  return markup`<aside class="warnings" aria-label="Warnings">
<h2>${warnings.length === 1 ? "Warning" : "Warnings"}</h2>
<ul>${warnings.map((warning) => markup`<li>${warning}</li>`)}</ul>
</aside>`;
}

/** Every metric, its definition one click or hover away; why it is undefined stands below it. */
export function metricList(
  { evaluation, intervals, operating, best, farThreshold, unfinished, published = [] }: RunReport,
): Markup {
  if (evaluation === null) {
    return unfinished === null
      ? markup`<p class="note">Nothing was evaluated: the data has no test videos.</p>`
      : markup`<p class="note">Nothing has been evaluated yet.</p>`;
  }
  const { metrics, reasons } = evaluation;
  const remarks: Record<string, string> = {
    roc_auc: unfinished !== null
      ? "Of the last evaluation: the run has not ended."
      : best === null || !choosesOnTest(best.metric)
      ? ""
      : "Weights chosen on the test set: optimistic.",
    far_normal: neverAlarms(operating, farThreshold)
      ? `No frame at all is above ${farThreshold}: nothing is found either.`
      : `At ${farThreshold}.`,
  };
  return markup`<div class="metrics">${
    inOrder(Object.keys(metrics)).map((name) => {
      const value = metrics[name];
      const definition = definitions[name];
      const face = markup`<span class="name">${metricTitle(name)}</span>
<span class="value">${fourDigits(value)}</span>`;
      const body = definition === undefined
        ? markup`<div class="face">${face}</div>`
        : markup`<details><summary class="face" title="${definition}">${face}</summary>
<p>${definition} <code>${name}</code></p></details>`;
      const interval = isInterval(name) ? intervals[name] : undefined;
      const range = interval &&
        markup`<p class="interval" title="${INTERVAL}">95 %: ${fourDigits(interval.low)}\u2013${
          fourDigits(interval.high)
        }</p>`;
      const reason = value === null && reasons[name] !== undefined
        ? markup`<p class="reason">Undefined: ${reasons[name]}</p>`
        : null;
      const remark = value !== null && remarks[name]
        ? markup`<p class="remark">${remarks[name]}</p>`
        : null;
      const reported = published.filter(({ metric }) => metric === name);
      const literature = reported.length > 0 &&
        markup`<p class="published">Published: ${
          reported.map((result, i) => [
            i > 0 && "; ",
            markup`<span>${publishedText(result)}</span>`,
          ])
        }</p>`;
      return markup`<div class="metric">${body}${range}${reason}${remark}${literature}</div>\n`;
    })
  }</div>`;
}

const INTERVAL = "95 % interval, by videos drawn anew: normal and anomalous apart";

function isInterval(name: string): name is IntervalMetric {
  return (intervalMetrics as readonly string[]).includes(name);
}

/** Whether a threshold is above every score: an alarm that cannot go off is never false. */
function neverAlarms(operating: RunReport["operating"], threshold: number): boolean {
  return operating !== null && indexAt(operating.curve, threshold) === 0;
}

/** Best, last and late half side by side: a best alone is optimistic. */
export function summaryTable({ best, last, late, evaluation }: RunReport): Markup {
  if (evaluation === null || (best === null && last === null)) return markup``;
  const names = paperMetrics;
  const row = (title: Content, step: Content, values: Content[]) =>
    markup`<tr><th scope="row">${title}</th><td>${step}</td>${
      values.map((value) => markup`<td>${value}</td>`)
    }</tr>\n`;
  const values = (metrics: Metrics) => names.map((name) => fourDigits(metrics[name]));
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Best, last and late half">
<table class="summary">
<thead><tr><th scope="col">Weights</th><th scope="col">Step</th>${
    names.map((name) => markup`<th scope="col">${metricTitle(name)}</th>`)
  }</tr></thead>
<tbody>
${
    best &&
    row(
      best.metric === "last" ? "Kept: the last" : markup`Kept, best by ${metricTitle(best.metric)}`,
      count(best.step),
      values(evaluation.metrics),
    )
  }${last && row("Last", count(last.step), values(last.metrics))}${
    late && late.n > 1 &&
    row(`Late half, mean of ${plural(late.n, "evaluation")}`, "", [
      markup`${fourDigits(late.mean)} <span class="spread">\u00b1 ${fourDigits(late.std)}</span>`,
      "",
      "",
    ])
  }</tbody>
</table></div>`;
}

/** AUC of each class with a dot on a line from 0 to 1. */
export function classTable(classes: ClassMetrics[]): Markup {
  const rows = classes.filter(({ videos }) => videos > 0);
  if (rows.length === 0) return markup``;
  return markup`<section id="classes" aria-labelledby="classes-title">
<h2 id="classes-title">By class</h2>
<p class="note">ROC-AUC over the frames of a class, with all normal videos and alone. A class of few
videos moves by chance: read it with its number.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Metrics by class">
<table class="classes">
<thead><tr><th scope="col">Class</th><th scope="col">Videos</th><th scope="col">With normal</th><th scope="col">Alone</th>
<td class="scale" aria-hidden="true"><span>0</span><span>0.5</span><span>1</span></td></tr></thead>
<tbody>
${
    rows.map(({ className, videos, withNormal, only }) =>
      markup`<tr><th scope="row">${className}</th><td>${count(videos)}</td><td>${
        fourDigits(withNormal)
      }</td><td>${fourDigits(only)}</td><td class="dots" aria-hidden="true">${dot("hollow", only)}${
        dot("full", withNormal)
      }</td></tr>\n`
    )
  }</tbody>
</table></div>
<p class="note key"><span class="dot full"></span> with normal videos <span class="dot hollow"></span> alone</p>
</section>`;
}

function dot(kind: "full" | "hollow", value: number | null): Markup | null {
  return value === null
    ? null
    : markup`<span class="dot ${kind}" style="--auc:${value.toFixed(4)}"></span>`;
}

/** `free_memory` as "Free memory", `blas` as "BLAS". */
function factName(key: string): string {
  const words = key.replaceAll("_", " ").replace(/\b(blas|cpu|gpu|os)\b/g, (s) => s.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function list(title: string, rows: [string, Content][]): Markup {
  return markup`<div><h3>${title}</h3><dl>${
    rows.map(([term, text]) => markup`<div><dt>${term}</dt><dd>${text}</dd></div>\n`)
  }</dl></div>`;
}

/** What was run, on what, by which rules: what must be equal before two numbers are compared. */
export function facts(report: RunReport): Markup {
  const evaluation: [string, Content][] = [
    ["Selection", report.rules.selection],
    ["Crops", report.rules.crop],
    ["Spread", report.rules.spread],
    ["Alignment", report.rules.align],
    ["Smoothing", report.rules.smooth],
  ];
  if (report.evaluation !== null) {
    const alignment = report.evaluation.alignment;
    const { frames, cut, extended, suspicious } = alignment;
    evaluation.push([
      "Frames",
      `${count(frames)} compared, ${count(cut)} cut, ${count(extended)} extended`,
    ]);
    if (alignment.events_cut > 0) {
      evaluation.push([
        "Events cut",
        `${alignment.events_cut} of ${alignment.events}, ` +
        `${count(alignment.anomalous_cut)} anomalous frames`,
      ]);
    }
    if (suspicious.length > 0) {
      evaluation.push([
        "Suspicious",
        `features and frames of ${plural(suspicious.length, "video")} differ in length: ` +
        suspicious.join(", "),
      ]);
    }
  }
  return markup`<section id="facts" aria-labelledby="facts-title">
<h2 id="facts-title">Run</h2>
<div class="facts">${
    list("Method", [
      ["Runner", report.runner.name],
      ["Paper", report.runner.paper],
      ["Parameters", report.parameters === null ? NONE : count(report.parameters)],
      ["Seed", report.seed],
      ...(report.steps > 0
        ? [["Steps", count(report.steps)], ["Time", duration(report.seconds)]] as [string, string][]
        : []),
    ])
  }${
    list("Data", [
      ["Name", report.data.name],
      ["Features", report.data.provenance],
      ["Ground truth", report.data.groundTruthRule],
    ])
  }${list("Evaluation", evaluation)}${
    list("Machine", [
      ...Object.entries(report.device).map(([term, value]): [string, Content] => [
        factName(term),
        value === null ? NONE : typeof value === "boolean" ? (value ? "yes" : "no") : value,
      ]),
      ["Tool", `${report.tool.name} ${report.tool.version}`],
    ])
  }</div>
</section>`;
}
