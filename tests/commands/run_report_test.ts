import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeReports } from "../../src/commands/run_report.ts";
import { silent } from "../../src/progress.ts";
import { smallConfig, trainInto, withFolder } from "../train/small_training.ts";

/** The page without the time of its writing and what the run took, which the log rounds. */
function unclocked(path: string): string {
  return Deno.readTextFileSync(path)
    .replace(/<time .*?<\/time>/g, "")
    .replace(/ in \d+\.\d s/g, "")
    .replace(/<dt>Time<\/dt><dd>.*?<\/dd>/g, "");
}

Deno.test("writeReports() makes the page of a finished and of a stopped run again as the run wrote it", () =>
  withFolder(async (folder) => {
    const [whole, stopped] = ["whole", "stopped"].map((name) => join(folder, name));
    for (const path of [whole, stopped]) Deno.mkdirSync(path);
    const videos = ["data.synthetic.videos_test=6", "eval.bootstrap=50", "eval.smooth.rule=slide"];
    await trainInto(whole, smallConfig(...videos));
    const stop = new AbortController();
    const step = ({ step }: { step: number }) => step === 7 && stop.abort();
    await assertRejects(
      () =>
        trainInto(stopped, smallConfig(...videos), {
          progress: { ...silent, step },
          stop: stop.signal,
        }),
      Error,
      "stopped at step 7",
    );
    const pages = [whole, stopped].map((path) => join(path, "report.html"));
    const before = pages.map(unclocked);
    for (const page of pages) Deno.removeSync(page);
    const written = await writeReports([whole, stopped]);
    assertEquals(written.map(({ report }) => report), pages);
    assertEquals(unclocked(pages[0]) === before[0], true, "finished");
    assertEquals(unclocked(pages[1]) === before[1], true, "stopped");
    assertStringIncludes(before[1], "stopped: step 7 of 12");
    assertStringIncludes(before[1], `id="videos"`);

    // As an older version left them: no run.json, no scores.
    for (const name of ["run.json", "test_scores.json"]) Deno.removeSync(join(stopped, name));
    Deno.removeSync(join(whole, "test_scores.json"));
    await writeReports([whole, stopped]);
    const [older, olderStopped] = pages.map(unclocked);
    assertStringIncludes(older, `wsvad train --resume ${whole} writes it`);
    assertStringIncludes(olderStopped, "an older version of wsvad began this run");
    assertStringIncludes(olderStopped, "stopped: step 7 of 12");

    const out = join(folder, "page.html");
    await writeReports([whole], { out });
    await assertRejects(() => writeReports([whole], { out }), Error, "exists");
    await assertRejects(() => writeReports([whole, stopped], { out }), RangeError, "--out is for");
    Deno.writeTextFileSync(join(whole, "result.json"), `{"tool": 1}`);
    await assertRejects(
      () => writeReports([whole]),
      SyntaxError,
      "not the result.json of a run: tool",
    );
    await assertRejects(() => writeReports([folder]), Error, "no config.yaml in it");
  }));
