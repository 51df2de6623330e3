/** A table in Markdown, columns of one width, as deno fmt leaves it; the first row is the head. */
export function markdownTable(table: string[][]): string {
  const widths = table[0].map((_, column) =>
    Math.max(3, ...table.map((row) => row[column].length))
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = table;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
