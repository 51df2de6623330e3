/** Pages whose names and lists are long, in a real browser; ignored where none is found. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCompare } from "../../src/commands/run_compare.ts";
import { writeOverview } from "../../src/commands/score_overview.ts";
import { snippetBounds } from "../../src/frames/frame_bounds.ts";
import { renderComparison } from "../../src/report/compare_page.ts";
import { chromium, withPage } from "../report/chromium.ts";
import { requiresTool } from "../support/required_tools.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";

requiresTool("a Chromium", chromium !== null);

Deno.test({
  name: "Cells of a matrix beside each other leave room for their settings; alarms wrap at 390",
  ignore: chromium === null,
  fn: () =>
    withFolder(async (folder) => {
      const paths = ["a", "b"].map((name) => join(folder, name));
      for (const path of paths) {
        Deno.mkdirSync(path);
        const lr = `runner.optimizer.lr=${path.endsWith("a") ? 0.01 : 0.1}`;
        await trainInto(path, smallConfig(lr, "trainer.max_steps=1", "eval.bootstrap=50"));
      }
      const compared = await runCompare([...paths, ...paths]);
      const runs = compared.runs.map((run, i) => {
        return { ...run, name: `runs/pair/cells/magnitude-seed${i}-5ffe88490b77` };
      });
      await Deno.writeTextFile(join(folder, "c.html"), renderComparison({ ...compared, runs }));

      const events = Array.from({ length: 5 }, (_, i) => {
        return { start: 64 * i, end: 64 * i + 32, peak: 0.9, peakFrame: 64 * i };
      });
      const scores = Float32Array.from({ length: 20 }, (_, t) => t % 4 < 2 ? 0.9 : 0.1);
      const video = {
        id: "v",
        scores,
        bounds: snippetBounds(20, 16),
        frames: 320,
        fps: 25,
        events,
      };
      const alarm = { threshold: 0.5, rule: "0.5", holdSeconds: 0, gapSeconds: 0 };
      await writeOverview(folder, [video], alarm, "run");

      await withPage(async (page) => {
        const url = (name: string) => pathToFileURL(join(folder, name)).href;
        const most = (of: string, side: "height" | "right") =>
          page.evaluate<number>(
            `Math.max(...[...document.querySelectorAll("${of}")].map((element) =>
              element.getBoundingClientRect().${side}))`,
          );
        for (const width of [800, 1400]) {
          await page.show(width, 900, "light");
          await page.open(url("c.html"));
          assert(await most(".settings tbody th", "height") < 60, `at ${width}`);
        }
        await page.show(390, 900, "dark");
        await page.open(url("index.html"));
        assert(await most(".alarms .alarm", "right") <= 390);
        assertEquals(page.events.complaints, []);
      });
    }),
});
