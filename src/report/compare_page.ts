/** A comparison as one HTML page that needs no network; its script saves charts and tables. */

import compareStyle from "./page/compare.css" with { type: "text" };
import compareTemplate from "./page/compare.html" with { type: "text" };
import mediaStyle from "./page/media.css" with { type: "text" };
import pageStyle from "./page/page.css" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };

import { inOrder, metricTitle } from "../metrics/metric_table.ts";
import type { ComparedRun, Comparison } from "./comparison.ts";
import { chartRows, type LineChart, lineChart, swatch } from "./line_chart.ts";
import { breakable, type Content, fillTemplate, Markup, markup } from "./markup.ts";
import { pageHead } from "./page_head.ts";
import { plainTable } from "./plain_table.ts";
import { duration, warningList } from "./run_sections.ts";

const STYLES = [pageStyle, tablesStyle, mediaStyle, compareStyle];
const NONE = "\u2013";
/** Videos that are drawn: those whose ranking differs most. */
const DRAWN = 12;

const digits = (value: number | null | undefined) => value?.toFixed(4) ?? NONE;
const signed = (value: number) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(4)}`;

/** Renders the page. */
export function renderComparison(comparison: Comparison): string {
  const { runs, tool, warnings } = comparison;
  return fillTemplate(compareTemplate, {
    head: pageHead({ title: "wsvad compare", styles: STYLES }),
    header: markup`<p class="line">${runs.length} runs \u00b7 ${tool.name} ${tool.version}</p>
<ol class="runs">${
      runs.map(({ name, runner }, i) =>
        markup`<li>${swatch(i)}<span>${name} (${runner})</span></li>`
      )
    }</ol>`,
    warnings: warningList(warnings),
    results: results(runs),
    paired: pairedTable(comparison),
    settings: settingsTable(comparison),
    curves: curves(runs),
    classes: classTable(runs),
    videos: videoCharts(comparison),
    scripts: new Markup(`<script>\n(() => {\n${saveScript}})();</script>`),
  });
}

function section(id: string, title: string, ...content: Content[]): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>`;
}

function results(runs: ComparedRun[]): Markup {
  const names = inOrder([...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))]);
  const rows = names.map((name): Content[] => [
    metricTitle(name),
    ...runs.map(({ metrics, intervals }) =>
      markup`${digits(metrics[name])}${
        Object.hasOwn(intervals, name) &&
        markup`<span class="spread">${digits(intervals[name].low)}\u2013${
          digits(intervals[name].high)
        }</span>`
      }`
    ),
  ]);
  rows.push(["Step kept, of", ...runs.map(({ step, steps }) => `${step ?? NONE} of ${steps}`)]);
  rows.push([
    "ROC-AUC, late half",
    ...runs.map(({ late }) => {
      if (late === null) return NONE;
      return late.n === 1 // which has no spread
        ? digits(late.mean)
        : `${digits(late.mean)} \u00b1 ${digits(late.std)}`;
    }),
  ]);
  rows.push(["Time", ...runs.map(({ seconds }) => duration(seconds))]);
  const note = "Below an area: its 95 % interval, by videos drawn anew.";
  return section(
    "results",
    "Results",
    markup`<p class="note">${note}</p>`,
    plainTable("Results", "compared", ["Metric", ...runs.map(heading)], rows),
  );
}

const heading = ({ name }: ComparedRun, i: number) => markup`${swatch(i)} ${name}`;

function pairedTable({ runs, common }: Comparison): Markup {
  const others = runs.flatMap((run, i) => run.paired === null ? [] : [{ run, i }]);
  if (others.length === 0) return markup``;
  const names = inOrder([...new Set(others.flatMap(({ run }) => Object.keys(run.paired!)))]);
  const rows = names.map((name): Content[] => [
    metricTitle(name),
    ...others.map(({ run }) => {
      const found = run.paired![name];
      return found === undefined
        ? NONE
        : markup`${signed(found.difference)}<span class="spread">${signed(found.low)} to ${
          signed(found.high)
        }</span><span class="spread">p ${found.p < 0.001 ? "< 0.001" : found.p.toFixed(3)}</span>`;
    }),
  ]);
  rows.push(["Videos in common", ...others.map(({ i }) => common[i])]);
  return section(
    "paired",
    `Differences from ${runs[0].name}`,
    markup`<p class="note">Over the same test videos, drawn anew together: an interval that holds 0 says that
other videos of the kind could as well turn the order around. It knows nothing of other seeds.</p>`,
    plainTable("Differences", "compared", [
      "Metric",
      ...others.map(({ run, i }) => heading(run, i)),
    ], rows),
  );
}

function settingsTable({ runs, settings }: Comparison): Markup {
  if (settings.length === 0) {
    return section("settings", "Settings", markup`<p class="note">All settings are the same.</p>`);
  }
  const rows = settings.map((
    { key, values },
  ): Content[] => [markup`<code>${breakable(key)}</code>`, ...values]);
  return section(
    "settings",
    "Settings that differ",
    plainTable("Settings", "compared settings", ["Setting", ...runs.map(heading)], rows),
  );
}

function curves(runs: ComparedRun[]): Markup {
  const of = (which: "roc" | "pr" | "loss" | "auc" | "ap") =>
    runs.map((run) => ({ name: run.name, curve: run[which] }));
  const figures = ([
    ["ROC curve", "True over false positive rate.", { lines: of("roc"), unit: true }, "fpr tpr"],
    [
      ...["Precision\u2013recall curve", "Precision over recall."],
      ...[{ lines: of("pr"), unit: true }, "recall precision"],
    ],
    [
      ...["Loss", "Over steps; of different losses only the course compares."],
      ...[{ lines: of("loss") }, "step loss"],
    ],
    ["ROC-AUC at each evaluation", "Over steps.", { lines: of("auc") }, "step roc_auc"],
    ["AP at each evaluation", "Over steps.", { lines: of("ap") }, "step ap"],
  ] as [string, string, Omit<LineChart, "label">, string][]).flatMap((
    [label, caption, chart, axes],
  ) => {
    const [x, y] = axes.split(" ");
    const drawn = lineChart({ ...chart, label });
    return drawn === null ? [] : [
      markup`<figure><h3>${label}</h3>${drawn}${
        chartRows(chart, x, y)
      }<figcaption>${caption}</figcaption></figure>`,
    ];
  });
  return figures.length === 0
    ? markup``
    : section("curves", "Curves", markup`<div class="pair">${figures}</div>`);
}

function classTable(runs: ComparedRun[]): Markup {
  const names = [...new Set(runs.flatMap(({ classes }) => Object.keys(classes)))].sort();
  if (names.length === 0) return markup``;
  const rows = names.map((name): Content[] => [
    name,
    ...runs.map(({ classes }, i) => {
      const own = classes[name];
      const base = runs[0].classes[name]?.auc ?? null;
      const difference = i > 0 && own?.auc != null && base !== null &&
        markup`<span class="spread">${signed(own.auc - base)}</span>`;
      return markup`${digits(own?.auc)}${difference}`;
    }),
    runs.map(({ classes }) => classes[name]?.videos).find((count) => count !== undefined) ?? NONE,
  ]);
  return section(
    "classes",
    "By class",
    markup`<p class="note">ROC-AUC over the frames of a class and of all normal videos.</p>`,
    plainTable("Classes", "compared", ["Class", ...runs.map(heading), "Videos"], rows),
  );
}

function videoCharts({ runs, videos }: Comparison): Markup {
  const shown = videos.filter(({ separation }) => separation.filter((s) => s !== null).length > 1);
  if (shown.length === 0) return markup``;
  const figures = shown.slice(0, DRAWN).map(
    ({ id, className, separation, curves, truth, frames }) => {
      const lines = curves.map((curve, i) => ({ name: runs[i].name, curve: until(curve, frames) }));
      return markup`<figure><h3>${id}</h3>${
        lineChart({ label: `Scores of ${id}`, lines, stepped: true, shaded: truth, height: 200 })
      }${chartRows({ lines }, "frame", "score")}<figcaption>${className}; separation ${
        separation.map((value) => value?.toFixed(3) ?? NONE).join(", ")
      }</figcaption></figure>`;
    },
  );
  return section(
    "videos",
    "Videos that differ most",
    markup`<p class="note">Scores over frames; shaded: ground truth. Separation, in the order of the runs: the chance
that the video's frames are ranked rightly among those of the test set.</p>`,
    markup`<div class="pair">${figures}</div>`,
  );
}

/** The last score holds until the end of the video. */
function until({ x, y }: { x: number[]; y: number[] }, frames: number) {
  return x.length === 0 ? { x, y } : { x: [...x, frames], y: [...y, y[y.length - 1]] };
}
