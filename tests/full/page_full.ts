/** The report and the picture of scores in a real browser; ignored where none is found. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { pathToFileURL } from "node:url";
import { snippetBounds } from "../../src/frames/frame_bounds.ts";
import { renderRunReport } from "../../src/report/run_report.ts";
import { scoreSvg } from "../../src/report/score_svg.ts";
import { topSegments } from "../../src/report/top_segments.ts";
import { chromium, type Page, withPage } from "../report/chromium.ts";
import { fakeReport, fakeVideos } from "../report/fake_run.ts";
import { requiresTool } from "../support/required_tools.ts";

requiresTool("a Chromium", chromium !== null);

/** Opens each page in turn from a file, as a user does. */
async function withPages(
  pages: Record<string, string>,
  use: (page: Page, url: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_report_" });
  try {
    for (const [name, text] of Object.entries(pages)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await withPage((page) => use(page, (name) => pathToFileURL(`${folder}/${name}`).href));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "The report opens without a complaint or a request, at any width and in both schemes",
  ignore: chromium === null,
  async fn() {
    const full = fakeReport(40);
    const bare = { ...fakeReport(3), log: [], best: null, last: null, late: null, steps: 0 };
    const short = fakeReport(4);
    short.log = short.log.slice(0, 1);
    short.unboundedScores = true;
    short.videos = short.videos.map((video) => ({
      ...video,
      scores: Float32Array.of(12.5),
      frames: 16,
      groundTruth: [],
    }));
    const empty = { ...bare, evaluation: null, operating: null, videos: [] };
    const charts = { full: 6, bare: 4, short: 5, empty: 0 };
    const pages = Object.entries({ full, bare, short, empty }).map(([name, report]) => [
      `${name}.html`,
      renderRunReport(report),
    ]);
    await withPages(Object.fromEntries(pages), async (page, url) => {
      for (const [name, count] of Object.entries(charts)) {
        for (const [width, scheme] of [[1280, "light"], [390, "dark"]] as const) {
          await page.show(width, 900, scheme);
          await page.open(url(`${name}.html`));
          const at = `${name} at ${width}`;
          assertEquals(page.events.complaints, [], at);
          assertEquals(page.events.requests.splice(0), [url(`${name}.html`)], at);
          const seen =
            "[...document.querySelectorAll('[hidden]')].filter((x) => x.checkVisibility())";
          assertEquals(await page.evaluate(`${seen}.length`), 0, at);
          const [wide, drawn] = await page.evaluate<[number, number]>(
            `[document.documentElement.scrollWidth,
              [...document.querySelectorAll("canvas")].filter((c) => c.offsetWidth > 200).length]`,
          );
          assert(wide <= width, `${at}: ${wide} pixels wide`);
          assertEquals(drawn, count, at);
        }
      }
    });
  },
});

Deno.test({
  name: "The report's videos are chosen, ordered, found and read by keyboard",
  ignore: chromium === null,
  async fn() {
    const report = fakeReport(20);
    const hostile = `</script><img src=x onerror="document.title='broken'">`;
    report.videos[1].id = hostile;
    await withPages({ "report.html": renderRunReport(report) }, async (page, url) => {
      const name = () => page.evaluate<string>("document.getElementById('video-name').textContent");
      const ids = () =>
        page.evaluate<string[]>(
          `[...document.querySelectorAll("#video-list label:not([hidden]) .id[title]")].map((e) => e.title)`,
        );
      await page.show(1280, 900, "light");
      await page.open(url("report.html"));

      const worst = await ids();
      assertEquals(worst.length, 20);
      assertEquals(await name(), worst[0]);
      await page.evaluate(`document.querySelector("#video-list input:checked").focus()`);
      await page.press("ArrowDown");
      assertEquals(await name(), worst[1]);

      await page.evaluate(`(() => {
        const order = document.getElementById("video-order");
        order.value = "longest";
        order.dispatchEvent(new Event("change", { bubbles: true }));
      })()`);
      assertEquals(await name(), "Normal_Videos_005_x264"); // 6750 snippets

      await page.evaluate(`(() => {
        const find = document.getElementById("video-find");
        find.value = "ONERROR";
        find.dispatchEvent(new Event("input", { bubbles: true }));
        document.querySelector("#video-list label:not([hidden]) input").click();
      })()`);
      assertEquals(await ids(), [hostile]);
      assertEquals(await name(), hostile);
      assertEquals(await page.evaluate("document.title"), "mil on synthetic");

      await page.evaluate(`document.querySelector("#video-chart .stage").focus()`);
      for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.press(key);
      const spoken = await page.evaluate<string>(
        `document.querySelector("#video-chart > [role=status]").textContent`,
      );
      const score = report.videos[1].scores[2];
      assertEquals(
        spoken,
        `0:00:01.1 \u00b7 frame 32: score ${Number(score.toPrecision(4)).toFixed(4)}`,
      );
      assertEquals(page.events.complaints, []);
    });
  },
});

Deno.test({
  name: "The report prints in light colours with everything unfolded, and folds again",
  ignore: chromium === null,
  async fn() {
    await withPages({ "report.html": renderRunReport(fakeReport(6)) }, async (page, url) => {
      await page.show(1280, 900, "dark");
      await page.open(url("report.html"));
      const look = () =>
        page.evaluate<[number, string]>(
          `[document.querySelectorAll("details:not([open])").length,
            getComputedStyle(document.documentElement).getPropertyValue("--ink").trim()]`,
        );
      const before = await look();
      assert(before[0] > 5);
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      assertEquals(await look(), [0, "#1d1f21"]);
      await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
      assertEquals(await look(), before);
      assertEquals(page.events.complaints, []);
    });
  },
});

Deno.test({
  name: "scoreSvg() is XML that a browser reads, whatever the name",
  ignore: chromium === null,
  async fn() {
    const [, { scores, frames, groundTruth }] = fakeVideos(2);
    const bounds = snippetBounds(scores.length, 16, frames);
    const options = { count: 5, fps: 30, framesPerSnippet: 16, bounds };
    const svg = scoreSvg({
      ...{ id: `v=1__#1_label_B2-G-0 </text>&"'\u0000`, scores, bounds, frames, fps: 30 },
      ...{ threshold: 0.5, segments: topSegments(scores, options), groundTruth, provenance: {} },
    });
    await withPages({ "scores.svg": svg }, async (page, url) => {
      await page.open(url("scores.svg"));
      const title = await page.evaluate<string>("document.querySelector('title').textContent");
      assertMatch(title, /^Scores of v=1__#1_label_B2-G-0 <\/text>&"'\ufffd$/);
      assertEquals(await page.evaluate("document.querySelector('parsererror') === null"), true);
      assertEquals(page.events.complaints, []);
    });
  },
});

Deno.test({
  name: "The report's slider moves threshold, tables, legend and marks; no number breaks at 390",
  ignore: chromium === null,
  async fn() {
    const report = fakeReport(12);
    await withPages({ "report.html": renderRunReport(report) }, async (page, url) => {
      const text = (id: string) =>
        page.evaluate<string>(`document.getElementById("${id}").textContent`);
      await page.show(390, 900, "light");
      await page.open(url("report.html"));
      const { choice: { chosen, marks } } = report.operating!;
      assertEquals(await text("threshold-value"), chosen!.threshold.toPrecision(4));
      assertEquals(await text("threshold-f1"), chosen!.f1!.toFixed(4));
      await page.evaluate(`document.querySelectorAll("[data-entry]")[2].click()`);
      const mark = marks[2];
      assertEquals(mark.rule, "fpr=0.05");
      assertEquals(await text("threshold-recall"), mark.recall!.toFixed(4));
      assertEquals(await text("frames-fp"), mark.frames.fp.toLocaleString("en"));
      assertEquals(await text("videos-tn"), String(mark.videos.tn));
      assertMatch(
        await page.evaluate<string>("document.querySelector('#video-chart .legend').textContent"),
        new RegExp(`threshold ${Number(mark.threshold.toPrecision(4))}`),
      );
      // To the right the threshold rises.
      await page.evaluate(`document.getElementById("threshold-slider").focus()`);
      await page.press("ArrowRight");
      assert(Number(await text("threshold-value")) > mark.threshold);
      assertEquals(
        await page.evaluate<string[]>(
          `[...document.querySelectorAll(".value, td")].filter((cell) => {
          if (!/^[0-9.,]+$/.test(cell.textContent)) return false;
          const range = document.createRange();
          range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
        }).map((cell) => cell.textContent)`,
        ),
        [],
      );
      assertEquals(page.events.complaints, []);
    });
  },
});
