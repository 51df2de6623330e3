/** The files of a matrix: matrix.json and its tables, replaced whole after each cell. */

import { join } from "node:path";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import type { Matrix } from "../report/matrix.ts";
import { renderMatrixLatex } from "../report/matrix_latex.ts";
import { renderMatrixMarkdown } from "../report/matrix_markdown.ts";
import { renderMatrixPage } from "../report/matrix_page.ts";
import type { RowDetails } from "../report/matrix_sections.ts";

/** Where the tables of a matrix lie. */
export interface MatrixFiles {
  json: string;
  markdown: string;
  latex: string;
  html: string;
}

/**
 * Writes all of them.
 *
 * @param details of the page: one for each row of each group; absent: the page has tables alone
 * @throws fault: a file that cannot be written
 */
export async function writeTables(
  folder: string,
  matrix: Matrix,
  { fs, details }: { fs?: FileSystem; details?: (RowDetails | null)[][] } = {},
): Promise<MatrixFiles> {
  const files = {
    json: join(folder, "matrix.json"),
    markdown: join(folder, "matrix.md"),
    latex: join(folder, "matrix.tex"),
    html: join(folder, "matrix.html"),
  };
  const texts = {
    json: JSON.stringify(matrix, null, 1) + "\n",
    markdown: renderMatrixMarkdown(matrix),
    latex: renderMatrixLatex(matrix),
    html: renderMatrixPage(matrix, details),
  };
  for (const name of ["json", "markdown", "latex", "html"] as const) {
    await writeWhole(files[name], texts[name], { overwrite: true, fs });
  }
  return files;
}
