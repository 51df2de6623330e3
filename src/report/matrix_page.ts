/** A matrix as one HTML page that needs no network; scripts sort, group and save its rows. */

import compareStyle from "./page/compare.css" with { type: "text" };
import matrixScript from "./page/matrix.js" with { type: "text" };
import matrixStyle from "./page/matrix.css" with { type: "text" };
import matrixTemplate from "./page/matrix.html" with { type: "text" };
import mediaStyle from "./page/media.css" with { type: "text" };
import pageStyle from "./page/page.css" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };

import { matrixMetrics, metricTable } from "../metrics/metric_table.ts";
import { breakable, fillTemplate, Markup, markup } from "./markup.ts";
import { pageHead } from "./page_head.ts";
import {
  cellCount,
  cellName,
  failureText,
  groupFacts,
  groupReasons,
  groupTitle,
  type Matrix,
  type MatrixGroup,
  type MatrixRow,
  percent,
  publishedText,
  rowName,
  seedsText,
} from "./matrix.ts";
import {
  classColumns,
  curveCharts,
  pairedTable,
  type RowDetails,
  settingOf,
  settingTable,
} from "./matrix_sections.ts";
import { duration } from "./run_sections.ts";

const STYLES = [pageStyle, tablesStyle, compareStyle, matrixStyle, mediaStyle];
const NONE = "\u2013";

/**
 * Renders the tables of a matrix, one for each kind of features.
 *
 * @param details for each group one for each row; where they are absent, curves and differences are
 */
export function renderMatrixPage(matrix: Matrix, details: (RowDetails | null)[][] = []): string {
  return fillTemplate(matrixTemplate, {
    head: pageHead({ title: "wsvad matrix", styles: STYLES }),
    header: header(matrix),
    failures: failures(matrix),
    groups: markup`${
      matrix.groups.map((group, i) =>
        groupSection(group, i, matrix.groups.length > 1, details[i] ?? [])
      )
    }`,
    waiting: waiting(matrix),
    metrics: metrics(matrix),
    cells: cells(matrix),
    scripts: new Markup(`<script>\n(() => {\n${matrixScript}${saveScript}})();</script>`),
  });
}

function header(matrix: Matrix): Markup {
  const { tool, created, settings, seeds } = matrix;
  const line = [
    cellCount(matrix),
    ...seeds.length === 0 ? [] : [`${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`],
    `${tool.name} ${tool.version}`,
  ].join(" \u00b7 ");
  return markup`<h1>Matrix</h1>
${settings.length > 0 && markup`<p class="paper"><code>${settings.join(" ")}</code></p>`}
<p class="line">${line} \u00b7 <time datetime="${created}">${
    created.slice(0, 16).replace("T", " ")
  } UTC</time></p>`;
}

function failures(matrix: Matrix): Markup {
  const { failed } = matrix;
  if (failed.length === 0) return markup``;
  return markup`<aside class="warnings" aria-label="Failed cells">
<h2>${failed.length === 1 ? "One cell" : `${failed.length} cells`} failed</h2>
<ul>${
    failed.map((cell) =>
      markup`<li><b>${cellName(cell)}</b>: ${failureText(cell, matrix)}${
        cell.log !== undefined && cell.log.length > 0 &&
        markup`<pre>${cell.log.join("\n")}</pre>`
      }</li>`
    )
  }</ul>
</aside>`;
}

function waiting({ stopped, waiting }: Matrix): Markup {
  const ended = stopped.length === 0 ? markup`` : markup`<section><h2>Stopped by the median</h2>
<ul>${stopped.map((cell) => markup`<li>${cellName(cell)}: ${cell.message}</li>`)}</ul></section>`;
  if (waiting.length === 0) return ended;
  return markup`${ended}<section><h2>Not run yet</h2>
<p>${waiting.map(cellName).join("; ")}</p></section>`;
}

function groupSection(
  group: MatrixGroup,
  index: number,
  several: boolean,
  told: (RowDetails | null)[],
): Markup {
  const id = `group-${index + 1}`;
  const reasons = groupReasons(group);
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${groupTitle(group)}</h2>
${
    several &&
    markup`<p class="note">The features of this table are not those of the others: its numbers are not to
be compared with theirs.</p>`
  }
<dl class="about">${
    groupFacts(group).map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)
  }</dl>
${
    scroll(
      groupTitle(group),
      markup`<table class="matrix">
<thead><tr><th scope="col" data-sort="up">Method</th>${
        matrixMetrics.map((name) =>
          markup`<th scope="col" data-sort="${name === "far_normal" ? "up" : "down"}">${
            metricTable[name].column
          }</th>`
        )
      }<td class="scale" aria-hidden="true"><span>50</span><span>ROC-AUC</span><span>100</span></td>
<th scope="col" data-sort="up">Parameters</th><th scope="col" data-sort="up">Training</th><th scope="col">Seeds</th><th scope="col" class="published">Published</th></tr></thead>
<tbody>
${group.rows.map((row) => resultRow(row, reasons))}</tbody>
</table>`,
    )
  }
${
    reasons.length > 0 &&
    markup`<p class="note reasons">${
      reasons.map((reason, i) => markup`<sup>${i + 1}</sup> ${reason}. `)
    }</p>`
  }
${settingTable(group.rows)}${pairedTable(group.rows, told)}${curveCharts(group.rows, told)}${
    classColumns(group.rows)
  }<details open><summary>How each was trained and scored</summary>
${
    scroll(
      "How each was trained and scored",
      markup`<table class="rules">
<thead><tr><th scope="col">Method</th><th scope="col">Crops</th><th scope="col">Selection</th><th scope="col">Device</th><th scope="col">Changed from its own recipe</th></tr></thead>
<tbody>
${group.rows.map(ruleRow)}</tbody>
</table>`,
    )
  }</details>
</section>
`;
}

function resultRow(row: MatrixRow, reasons: string[]): Markup {
  const published = row.published.map((result) => markup`<span>${publishedText(result)}</span>`);
  const keys = {
    method: row.row,
    ...Object.fromEntries(row.varied.map(settingOf)),
  };
  return markup`<tr data-keys="${JSON.stringify(keys)}"><th scope="row" title="${row.paper}">${
    rowHeading(row)
  }</th>${
    matrixMetrics.map((name) =>
      markup`<td data-value="${row.metrics[name].value?.mean ?? "none"}">${
        metric(row, name, reasons)
      }</td>`
    )
  }<td class="dots" aria-hidden="true">${dots(row)}</td><td data-value="${row.parameters}">${
    row.parameters.toLocaleString("en")
  }</td><td data-value="${row.seconds?.mean ?? "none"}">${
    row.seconds === null ? NONE : duration(row.seconds.mean)
  }</td><td>${seedsText(row)}</td><td class="published">${published}</td></tr>\n`;
}

/** The method, and below it each setting that the grid varies. */
function rowHeading(row: MatrixRow): Markup {
  const [method, ...settings] = row.official === null && row.row !== row.runner
    ? row.row.split("@")
    : [rowName({ ...row, varied: [] })];
  return markup`${method}${
    [...settings, ...row.varied].map((text) => markup`<code>${breakable(text)}</code>`)
  }`;
}

function metric(row: MatrixRow, name: string, reasons: string[]): Markup {
  const { value, reasons: own } = row.metrics[name];
  const notes = own.map((reason) => markup`<sup>${reasons.indexOf(reason) + 1}</sup>`);
  if (value === null) return markup`${NONE}${notes}`;
  return markup`${percent(value.mean)}${
    value.std !== null && markup` <span class="spread">\u00b1 ${percent(value.std)}</span>`
  }${notes}`;
}

/** The seeds hollow, their mean full; what is below 50 % stands at the left end. */
function dots(row: MatrixRow): Markup[] {
  const place = (value: number) => Math.max(0, 2 * value - 1).toFixed(4);
  const mean = row.metrics.roc_auc.value?.mean;
  const seeds = row.cells.flatMap(({ metrics }) =>
    typeof metrics.roc_auc === "number" ? [metrics.roc_auc] : []
  );
  const dot = (kind: string, value: number) =>
    markup`<span class="dot ${kind}" style="--auc:${place(value)}"></span>`;
  return [
    ...seeds.map((value) => dot("hollow", value)),
    ...(mean === undefined ? [] : [dot("full", mean)]),
  ];
}

function ruleRow(row: MatrixRow): Markup {
  return markup`<tr><th scope="row">${
    breakable(rowName(row))
  }</th><td>${row.crop}</td><td>${row.selection}</td><td>${row.device}</td><td>${
    row.changes.length === 0
      ? "nothing"
      : row.changes.map((change) => markup`<code>${change.replace("->", "\u2192")}</code>`)
  }</td></tr>\n`;
}

function metrics({ definitions }: Matrix): Markup {
  return markup`<section aria-labelledby="metrics-title"><h2 id="metrics-title">Metrics</h2>
<p class="note">In percent; mean and sample standard deviation over the seeds, of the weights that each run
keeps. Training is the time with all evaluations. Published numbers are on other data or features, unless
their own text says the same.</p>
<dl class="about">${
    matrixMetrics.map((name) =>
      markup`<dt>${metricTable[name].column}</dt><dd>${definitions[name]}</dd>`
    )
  }</dl></section>`;
}

/** Each cell with its run folder; the report of a run opens from here while both lie together. */
function cells({ groups }: Matrix): Markup {
  const all = groups.flatMap(({ rows }) => rows).flatMap((row) => row.cells);
  if (all.length === 0) return markup``;
  return markup`<section aria-labelledby="cells-title"><h2 id="cells-title">Cells</h2>
${
    scroll(
      "Cells",
      markup`<table>
<thead><tr><th scope="col">Method</th><th scope="col">Seed</th><th scope="col">Step</th><th scope="col">ROC-AUC</th><th scope="col">Training</th><th scope="col">Run</th></tr></thead>
<tbody>
${
        all.map((cell) => {
          const { seed, official, step, metrics, seconds, folder } = cell;
          return markup`<tr><th scope="row">${breakable(rowName(cell))}</th><td>${
            seed ?? official
          }</td><td>${step ?? NONE}</td><td>${
            typeof metrics.roc_auc === "number" ? percent(metrics.roc_auc) : NONE
          }</td><td>${seconds === null ? NONE : duration(seconds)}</td><td><a href="${
            folder.split(/[\\/]/).map(encodeURIComponent).join("/")
          }/report.html">${folder}</a></td></tr>\n`;
        })
      }</tbody>
</table>`,
    )
  }</section>`;
}

function scroll(label: string, content: Markup): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
${content}</div>`;
}
