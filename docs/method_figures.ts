/** Memory and time of one method, as its page shows them: its rows of docs/performance.md. */

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
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/performance.md has no section "${heading}"`);
  const [head, , ...rows] = section.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  const row = rows.find(([name]) => name === method);
  return row === undefined ? null : Object.fromEntries(head.map((name, i) => [name, row[i]]));
}
