/** Charts and tables saved from pages in a real browser: PNG, SVG and CSV. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCompare } from "../../src/commands/run_compare.ts";
import { renderComparison } from "../../src/report/compare_page.ts";
import { renderRunReport } from "../../src/report/run_report.ts";
import { chromium, type Page, withPage } from "../report/chromium.ts";
import { fakeReport } from "../report/fake_run.ts";
import { requiresTool } from "../support/required_tools.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

requiresTool("a Chromium", chromium !== null);

interface Saved {
  name: string;
  text: string;
  width: number;
  height: number;
  /** Of an SVG its elements that draw, of a PNG its pixels that are not paper; -1: no XML. */
  marks: number;
}

/** Presses every button that saves, and looks at what it gives. */
function saved(page: Page): Promise<Saved[]> {
  return page.evaluate<Saved[]>(`(async () => {
    const found = [], blobs = new Map(), make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      const url = make.call(URL, blob);
      blobs.set(url, blob);
      return url;
    };
    HTMLAnchorElement.prototype.click = function () {
      found.push({ name: this.download, blob: blobs.get(this.href) });
    };
    for (const button of document.querySelectorAll(".save button")) {
      const before = found.length;
      button.click();
      for (let i = 0; i < 200 && found.length === before; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    return await Promise.all(found.map(async ({ name, blob }) => {
      if (blob.type === "image/png") {
        const bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext("2d");
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        let marks = 0;
        for (let i = 4; i < data.length; i += 4) marks += data[i] !== data[0] ? 1 : 0;
        return { name, text: "", width: bitmap.width, height: bitmap.height, marks };
      }
      const text = await blob.text();
      if (blob.type === "text/csv") return { name, text, width: 0, height: 0, marks: 0 };
      const { documentElement: root } = new DOMParser().parseFromString(text, "image/svg+xml");
      const marks = root.querySelector("parsererror") ? -1
        : root.querySelectorAll("text, path, circle").length;
      const [width, height] = ["width", "height"].map((name) => Number(root.getAttribute(name)));
      return { name, text, width, height, marks };
    }));
  })()`);
}

/** Each in three forms, whose pictures are of one size and not empty. */
function assertThreeForms(files: Saved[], count: number): Map<string, Saved> {
  assertEquals(files.length, 3 * count);
  assertEquals(new Set(files.map(({ name }) => name)).size, files.length, "names differ");
  for (let i = 0; i < files.length; i += 3) {
    const [png, svg, csv] = files.slice(i, i + 3);
    assert(svg.marks > 3, `${svg.name}: ${svg.marks} marks`);
    assert(png.marks > 300, `${png.name} shows ${png.marks} pixels`);
    assertEquals([png.width, png.height], [2 * svg.width, 2 * svg.height], png.name);
    assertEquals(svg.text.includes("var(--"), false, "no colour of a style sheet");
    const widths = csv.text.trimEnd().split("\r\n").map((row) =>
      row.replace(/"(""|[^"])*"/g, "x").split(",").length
    );
    assertEquals(new Set(widths).size, 1, csv.name);
    assert(widths.length > 1, csv.name);
  }
  return new Map(files.map((file) => [file.name, file]));
}

Deno.test({
  name: "Every chart and table of a report and of a comparison is saved as PNG, SVG and CSV",
  ignore: chromium === null,
  fn: () =>
    withFolder(async (folder) => {
      const report = fakeReport(12);
      await Deno.writeTextFile(join(folder, "report.html"), renderRunReport(report));
      const runs = ["a", "b"].map((name) => join(folder, name));
      for (const run of runs) {
        Deno.mkdirSync(run);
        const lr = `runner.optimizer.lr=${run.endsWith("a") ? 0.01 : 0.1}`;
        await trainInto(run, smallConfig(lr, "eval.bootstrap=50"));
      }
      const page = renderComparison(await runCompare(runs));
      await Deno.writeTextFile(join(folder, "compare.html"), page);
      await withPage(async (page) => {
        await page.show(1280, 900, "light");
        const url = (name: string) => pathToFileURL(join(folder, name)).href;
        await page.open(url("report.html"));
        const files = assertThreeForms(await saved(page), 5 + 6);
        const loss = files.get("mil-on-synthetic-Loss.csv")!.text.split("\r\n");
        assertEquals(loss[0], "step,loss,ranking,smoothness,sparsity,l2");
        assertEquals(loss.length - 2, report.log.filter(({ kind }) => kind === "step").length);
        const roc = files.get("mil-on-synthetic-ROC-curve.csv")!.text.split("\r\n");
        assertEquals(roc[0], "False positive rate,True positive rate");
        assertStringIncludes(
          files.get("mil-on-synthetic-Best-last-and-late-half.csv")!.text,
          "Last,1000,0.9312,0.6021,0.6007",
        );
        const legend = files.get("mil-on-synthetic-Loss.svg")!.text;
        for (const name of ["ranking", "smoothness", ">1,000<"]) assertStringIncludes(legend, name);

        await page.open(url("compare.html"));
        const compared = await page.evaluate<number>(
          `document.querySelectorAll("main figure, main table").length`,
        );
        const both = assertThreeForms(await saved(page), compared);
        const [name] = [...both.keys()].filter((name) => /Loss\.csv$/.test(name));
        assertStringIncludes(both.get(name)!.text, "run,step,loss\r\n");
        assertEquals(page.events.complaints, []);
      });
    }),
});
