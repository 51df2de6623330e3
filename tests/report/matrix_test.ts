import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { MatrixRow } from "../../src/report/matrix.ts";
import { renderMatrixLatex } from "../../src/report/matrix_latex.ts";
import { renderMatrixMarkdown } from "../../src/report/matrix_markdown.ts";
import { renderMatrixPage } from "../../src/report/matrix_page.ts";
import { sampleMatrix, sampleRow, sweptMatrix } from "./sample_matrix.ts";

const UNBOUNDED = "scores are unbounded: a threshold means nothing";

function row(runner: string, change: Partial<MatrixRow> = {}): MatrixRow {
  const sample = sampleRow(runner);
  const far_normal = { value: null, reasons: [UNBOUNDED] };
  return { ...sample, metrics: { ...sample.metrics, far_normal }, ...change };
}

Deno.test("renderMatrixMarkdown() shows numbers, rules and reasons in whole tables", () => {
  const text = renderMatrixMarkdown(sampleMatrix(row("mil"), row("b|ad")));
  assertStringIncludes(
    text,
    "| mil | 91.23 ± 1.23 | 50.00 ± 1.23 | 70.00 ± 1.23 | – (1) | 1,234,567 | 1 min 01 s | 2 of 3 | " +
      "UCF-Crime AUC 84.30 (I3D) |",
  );
  assertStringIncludes(text, `(1) ${UNBOUNDED}`);
  assertStringIncludes(text, "`data.batch_size 60 -> 8`");
  assertStringIncludes(text, "best roc\\_auc");
  for (const block of text.split("\n\n").filter((part) => part.startsWith("|"))) {
    const columns = block.split("\n").map((line) => line.replaceAll("\\|", "").split("|").length);
    assertEquals(new Set(columns).size, 1, block);
  }
});

Deno.test("renderMatrixLatex() leaves no character that LaTeX would read", () => {
  const text = renderMatrixLatex(
    sampleMatrix(row("ur_dmu", { published: [] }), row("a^b~c\\d{e}#$&%")),
  );
  assertStringIncludes(text, "ur\\_dmu & $91.23 \\pm 1.23$ & ");
  assertStringIncludes(text, "--$^{1}$");
  assertStringIncludes(
    text,
    "a\\textasciicircum{}b\\textasciitilde{}c\\textbackslash{}d\\{e\\}\\#\\$\\&\\%",
  );
  const rows = text.split("\n").filter((line) => line.endsWith("\\\\"));
  const columns = rows.map((line) => line.replaceAll("\\&", "").split("&").length);
  assertEquals(columns, [8, 8, 8]);
  assert(text.split("\n").filter((line) => line.startsWith("%")).length >= 5);
});

Deno.test("renderMatrixPage() asks for nothing from outside and escapes what it shows", () => {
  const html = renderMatrixPage(sampleMatrix(row("<script>mil")));
  const script = html.match(/<script>.*<\/script>/s)![0];
  assert(!/fetch\(|XMLHttpRequest|import\(|sendBeacon/.test(script), "self-contained");
  const markup = html.replace(script, "");
  assert(!/<script|https?:\/\/|@import|url\(|<link|src=/i.test(markup), "self-contained");
  assertStringIncludes(html, "&lt;script&gt;mil");
  assertStringIncludes(html, "no room | 50 % &amp; &lt;b&gt;");
  assertStringIncludes(html, `91.23 <span class="spread">± 1.23</span>`);
  assertStringIncludes(html, `href="cells/%3Cscript%3Emil-seed0-0123456789ab/report.html"`);
  // Seeds of 90 and 92 % and their mean, on a line from 50 to 100.
  assertEquals(html.match(/--auc:[\d.]+/g), ["--auc:0.8000", "--auc:0.8400", "--auc:0.8247"]);
});

Deno.test("the tables of two kinds of features say that they are not to be compared", () => {
  const one = sampleMatrix(row("mil"));
  const two = {
    ...one,
    groups: [...one.groups, { ...one.groups[0], features: "clip", rows: [row("vadclip")] }],
  };
  assert(!renderMatrixMarkdown(one).includes("not comparable"));
  assertStringIncludes(renderMatrixMarkdown(two), "## synthetic, clip features");
  assertStringIncludes(renderMatrixMarkdown(two), "not comparable");
  assertStringIncludes(renderMatrixPage(two), "not to\nbe compared");
  assertEquals(renderMatrixLatex(two).match(/\\begin\{table\}/g)?.length, 2);
});

Deno.test("an imported checkpoint is told from trained rows in every table", () => {
  const official = "best_50%.pkl";
  const [cell] = row("rtfm").cells;
  const imported = row("rtfm", {
    official,
    seconds: null,
    planned: 1,
    cells: [{ ...cell, seed: null, official, seconds: null, folder: "cells/rtfm-official-ab" }],
  });
  const whole = { ...sampleMatrix(row("rtfm"), imported), seeds: [] };
  const markdown = renderMatrixMarkdown(whole);
  assertStringIncludes(markdown, "| rtfm, imported | 91.23 ± 1.23 |");
  assertStringIncludes(markdown, "| – | best\\_50%.pkl | UCF-Crime AUC");
  assert(!markdown.includes("seeds ;") && !markdown.includes("seeds ,"), markdown.slice(0, 200));
  const latex = renderMatrixLatex(whole);
  assertStringIncludes(latex, "rtfm, imported & $91.23");
  assertStringIncludes(latex, "% rtfm, imported: best_50%.pkl, ");
  const html = renderMatrixPage(whole);
  assertStringIncludes(html, ">rtfm, imported</th>");
  assertStringIncludes(html, "<td>best_50%.pkl</td>");
  assertStringIncludes(html, 'href="cells/rtfm-official-ab/report.html"');
});

Deno.test("renderMatrixPage() shows means by setting, differences, curves and classes of swept rows", () => {
  const { matrix, details } = sweptMatrix();
  const html = renderMatrixPage(matrix, details);
  const text = html.replaceAll("<wbr>", "");
  // Each value over its two rows of two seeds: 0.70, 0.80 and so on.
  assertStringIncludes(
    text,
    "<code>runner.optimizer.lr=1e-4</code></th><td>75.00</td><td>37.50</td><td>4</td>",
  );
  assertStringIncludes(html, "Differences from mil runner.optimizer.lr=1e-4");
  assertStringIncludes(
    html,
    '<b>+4.00</b><span class="spread">+1.00 to +7.00</span>',
  );
  assertStringIncludes(html, '+2.00<span class="spread">\u22121.00 to +5.00</span>');
  assertEquals(html.match(/role="img"/g)?.length, 5);
  assertStringIncludes(html, '<th scope="col">Abuse</th><th scope="col">Robbery</th>');
  assertStringIncludes(
    html,
    'data-keys="{&quot;method&quot;:&quot;mil&quot;,&quot;runner.optimizer.lr&quot;:&quot;1e-4&quot;}"',
  );
  const tables = renderMatrixPage(matrix);
  assert(!tables.includes("Differences from") && !tables.includes('role="img"'), "tables alone");
});
