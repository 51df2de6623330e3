/** A table in Markdown, columns of one width, as deno fmt leaves it; the first row is the head. */
export function markdownTable(table: string[][]): string {
  const widths = table[0].map((_, column) =>
    table.reduce((width, row) => Math.max(width, row[column].length), 3)
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = table;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
