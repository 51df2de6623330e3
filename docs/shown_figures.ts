/** Memory and time as other pages show them: of rows of docs/performance.md. */

import { markdownTable } from "../src/config/markdown_table.ts";

const BLOCK = /(<!-- figures -->\n)(.*?)(<!-- end of figures -->)/gs;

/** The page of a method with the table between its `<!-- figures -->` marks made anew. */
export function withFigures(page: string, method: string, performance: string): string {
  const step = rowOf(performance, "Training steps", method);
  const scoring = rowOf(performance, "Scoring a video", method);
  const rows = [["what, on the cpu device", "wsvad", "PyTorch"], ...stepRows(step)];
  if (scoring !== null) rows.push(...processRows("a process that scores a video", scoring));
  const from = "From [speed and memory](../performance.md#against-pytorch-on-the-cpu), where it " +
    "says how, when and on what machine.";
  return page.replaceAll(
    BLOCK,
    (_, open: string, _old, close: string) =>
      `${open}\n${markdownTable(rows)}\n\n${from}\n\n${close}`,
  );
}

/**
 * The page of backbones with the last cell of each row of "Which one" made anew: seconds for one of
 * the clips, or frames, that a run took. Rows of what was not measured keep theirs.
 */
export function withBackboneSeconds(page: string, performance: string): string {
  const measured = new Map(
    rowsOf(performance, "Backbones").map((row) => [row.backbone.split(" ")[0], row]),
  );
  const [before, table, after] = partsAround(page, "Which one");
  const rows = table.map((cells) => {
    const row = measured.get(/^`(\w+)`/.exec(cells[0])?.[1] ?? "");
    if (row === undefined) return cells;
    const [count, unit] = row["clips a run"].split(" ");
    const seconds = Number(row["wsvad median, s"]) / Number(count);
    const shown = String(Number(seconds.toPrecision(2)));
    return [...cells.slice(0, -1), unit === "frames" ? `${shown} a frame` : shown];
  });
  return `${before}${markdownTable(rows)}\n${after}`;
}

type Row = Record<string, string>;

function stepRows(step: Row | null): string[][] {
  return step === null ? [] : processRows(`a training step of ${step.batch}`, step);
}

function processRows(what: string, row: Row): string[][] {
  return [
    [
      `${what}, median / best`,
      `${row["wsvad median / best, s"]} s`,
      `${row["PyTorch median / best, s"]} s`,
    ],
    ["memory of that process", row["wsvad process"], row["PyTorch process"]],
  ];
}

/** The cells of a method's row in the table below a heading, by the heads of their columns. */
function rowOf(page: string, heading: string, method: string): Row | null {
  return rowsOf(page, heading).find((row) => row.method === method) ?? null;
}

function rowsOf(page: string, heading: string): Row[] {
  const [, [head, ...rows]] = partsAround(page, heading);
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

/** The cells of the first table below a heading, and what stands before and behind it. */
function partsAround(page: string, heading: string): [string, string[][], string] {
  const start = new RegExp(`^#{2,3} ${heading}\\n`, "m").exec(page)?.index;
  if (start === undefined) throw new Error(`there is no section "${heading}"`);
  const table = /^(\|.*\n)+/m.exec(page.slice(start))!;
  const at = start + table.index;
  const [head, , ...rows] = table[0].trimEnd().split("\n").map((line) =>
    line.slice(1, -1).split("|").map((cell) => cell.trim())
  );
  return [page.slice(0, at), [head, ...rows], page.slice(at + table[0].length)];
}
