/** What a page of a matrix shows beneath a table: marginals, differences, curves, classes. */

import { intervalMetrics } from "../metrics/bootstrap.ts";
import { metricTitle } from "../metrics/metric_table.ts";
import type { ComparedRun } from "./comparison.ts";
import { type LineChart, lineChart, swatch } from "./line_chart.ts";
import { breakable, type Content, type Markup, markup } from "./markup.ts";
import { type MatrixRow, percent, rowName } from "./matrix.ts";
import { plainTable } from "./plain_table.ts";

/** Rows whose curves are drawn: as many as there are colours with dashes of their own. */
const DRAWN_ROWS = 6;
const NONE = "\u2013";

/** One cell of a row, which stands for it in curves and differences. */
export interface RowDetails {
  /** Its seed; null for an imported checkpoint. */
  seed: number | null;
  run: ComparedRun;
}

const signed = (share: number) =>
  `${share < 0 ? "\u2212" : "+"}${(100 * Math.abs(share)).toFixed(2)}`;

/**
 * Mean ROC-AUC and AP over all cells with a value, for each setting that the rows vary; nothing
 * where no setting has two values.
 */
export function settingTable(rows: readonly MatrixRow[]): Markup {
  const values = new Map<string, Map<string, MatrixRow[]>>();
  for (const row of rows) {
    for (const text of row.varied) {
      const [key, value] = settingOf(text);
      const own = values.get(key) ?? new Map<string, MatrixRow[]>();
      own.set(value, [...own.get(value) ?? [], row]);
      values.set(key, own);
    }
  }
  const swept = [...values].filter(([, own]) => own.size > 1);
  if (swept.length === 0) return markup``;
  const lines = swept.flatMap(([key, own]) =>
    [...own].map(([value, rows]): Content[] => {
      const cells = rows.flatMap(({ cells }) => cells);
      return [
        markup`<code>${breakable(`${key}=${value}`)}</code>`,
        meanOf(cells.map(({ metrics }) => metrics.roc_auc)),
        meanOf(cells.map(({ metrics }) => metrics.ap)),
        cells.length,
      ];
    })
  );
  return details(
    "By setting",
    "Mean over all cells that have the value, whatever else they vary.",
    plainTable("By setting", "beneath", ["Setting", "ROC-AUC", "AP", "Cells"], lines),
  );
}

/** `runner.optimizer.lr`, `0.001` */
export function settingOf(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  return [text.slice(0, equals).replace(/^\+*/, ""), text.slice(equals + 1)];
}

function meanOf(values: (number | null | undefined)[]): string {
  const found = values.filter((value) => typeof value === "number");
  return found.length === 0
    ? NONE
    : percent(found.reduce((sum, value) => sum + value, 0) / found.length);
}

/** Differences from the first row, each with its interval. */
export function pairedTable(rows: readonly MatrixRow[], told: (RowDetails | null)[]): Markup {
  const compared = rows.flatMap((row, i) => {
    const own = told[i] ?? null;
    return own?.run.paired == null ? [] : [{ row, seed: own.seed, paired: own.run.paired }];
  });
  if (compared.length === 0) return markup``;
  const names = intervalMetrics.filter((name) =>
    compared.some(({ paired }) => paired[name] !== undefined)
  );
  const lines = compared.map(({ row, seed, paired }): Content[] => [
    markup`${breakable(rowName(row))}${
      seed !== null && markup` <span class="spread">seed ${seed}</span>`
    }`,
    ...names.map((name) => {
      const found = paired[name];
      if (found === undefined) return NONE;
      const clear = found.low > 0 || found.high < 0;
      const value = clear ? markup`<b>${signed(found.difference)}</b>` : signed(found.difference);
      return markup`${value}<span class="spread">${signed(found.low)} to ${
        signed(found.high)
      }</span>`;
    }),
  ]);
  return details(
    `Differences from ${rowName(rows[0])}`,
    "In percent, with 95 % intervals over the same test videos, drawn anew together; one seed of each row, the same " +
      "where both have it. Bold: the interval holds no 0. It knows nothing of other seeds, whose spread stands above.",
    plainTable("Differences", "beneath", ["Method", ...names.map(metricTitle)], lines),
  );
}

/** ROC curves and the course of the training, one line for each of the first rows. */
export function curveCharts(rows: readonly MatrixRow[], told: (RowDetails | null)[]): Markup {
  const drawn = rows.flatMap((row, i) => {
    const own = told[i] ?? null;
    return own === null ? [] : [{ row, ...own }];
  }).slice(0, DRAWN_ROWS);
  if (drawn.length === 0) return markup``;
  const of = (key: "roc" | "pr" | "auc" | "ap" | "loss") =>
    drawn.map(({ row, run }) => ({ name: rowName(row), curve: run[key] }));
  const charts: [string, string, Omit<LineChart, "label">][] = [
    ["ROC curve", "True over false positive rate.", { lines: of("roc"), unit: true }],
    ["Precision\u2013recall curve", "Precision over recall.", { lines: of("pr"), unit: true }],
    ["ROC-AUC at each evaluation", "Over steps.", { lines: of("auc") }],
    ["AP at each evaluation", "Over steps.", { lines: of("ap") }],
    ["Loss", "Over steps; of different losses only the course compares.", { lines: of("loss") }],
  ];
  const figures = charts.flatMap(([label, caption, chart]) => {
    const made = lineChart({ ...chart, label });
    return made === null ? [] : [
      markup`<figure><h3>${label}</h3>${made}<figcaption>${caption}</figcaption></figure>`,
    ];
  });
  if (figures.length === 0) return markup``;
  const more = rows.length > drawn.length
    ? ` The first ${drawn.length} of ${rows.length} rows; a smaller grid draws others.`
    : "";
  const key = markup`<ul class="lines">${
    drawn.map(({ row, seed }, i) =>
      markup`<li>${swatch(i)}<span>${rowName(row)}${
        seed !== null && markup`, seed ${seed}`
      }</span></li>`
    )
  }</ul>`;
  return details(
    "Curves",
    `One cell of each row.${more}`,
    markup`${key}<div class="pair">${figures}</div>`,
  );
}

/** ROC-AUC of each class with all normal videos, mean over the seeds of a row. */
export function classColumns(rows: readonly MatrixRow[]): Markup {
  const names = [...new Set(rows.flatMap(({ classes }) => Object.keys(classes)))].sort();
  if (names.length === 0) return markup``;
  const lines = rows.map((row): Content[] => [
    breakable(rowName(row)),
    ...names.map((name) => {
      const value = row.classes[name] ?? null;
      return value === null ? NONE : percent(value);
    }),
  ]);
  return details(
    "By class",
    "ROC-AUC over the frames of a class and of all normal videos, in percent; mean over the seeds.",
    plainTable("By class", "beneath", ["Method", ...names], lines),
  );
}

function details(title: string, note: string, content: Markup): Markup {
  return markup`<details open><summary>${title}</summary>
<p class="note">${note}</p>
${content}</details>
`;
}
