import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { comparisonText } from "../../src/cli/compare.ts";
import { runCompare } from "../../src/commands/run_compare.ts";
import { renderComparison } from "../../src/report/compare_page.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const VIDEOS = ["data.synthetic.videos_test=6", "eval.bootstrap=200"];

Deno.test("runCompare() says what differs between runs, with paired differences over their videos", () =>
  withFolder(async (folder) => {
    const [a, b, c] = ["a", "b", "c"].map((name) => join(folder, name));
    for (const path of [a, b, c]) Deno.mkdirSync(path);
    const first = await trainInto(a, smallConfig(...VIDEOS));
    const second = await trainInto(b, smallConfig(...VIDEOS, "runner.optimizer.lr=0.1"));
    await trainInto(c, smallConfig(...VIDEOS, "data.seed=1", "trainer.max_steps=1"));

    const all = await runCompare([a, b, c]);
    const { runs, settings, warnings, videos, common } = all;
    assertEquals(runs.map(({ metrics }) => metrics.roc_auc).slice(0, 2), [
      first.best!.metrics.roc_auc,
      second.best!.metrics.roc_auc,
    ]);
    assertEquals(runs[0].paired, null);
    const { difference, low, high } = runs[1].paired!.roc_auc;
    assertEquals(difference, second.best!.metrics.roc_auc! - first.best!.metrics.roc_auc!);
    assert(low <= high);
    assertEquals(settings.map(({ key }) => key), [
      "data.seed",
      "runner.optimizer.lr",
      "trainer.max_steps",
    ]);
    assertEquals(settings[1].values[1], "0.1");
    assertEquals(common[1], 12);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], "the runs are of different features: ");
    assertEquals(videos.length, 12);
    // The last run had one evaluation: a point in place of a line, and no spread of it.
    const odd = renderComparison(all);
    assertEquals(odd.match(/<circle/g)!.length, 3); // its loss, ROC-AUC and AP
    const [, late] = /ROC-AUC, late half<\/th>(.*?)<\/tr>/.exec(odd)!;
    assertEquals(late.match(/\u00b1/g)!.length, 2);

    const comparison = await runCompare([a, b]);
    assertEquals(comparison.warnings, []);
    const text = comparisonText(comparison, null);
    assertStringIncludes(text, "2 less 1, over 12 test videos");
    assertStringIncludes(text, "runner.optimizer.lr");
    const page = renderComparison({
      ...comparison,
      runs: comparison.runs.map((run) => ({ ...run, name: `<img src=x>&"` })),
    });
    assertEquals(page.match(/<img/g), null);
    const shown = page.replace(/<script>.*<\/script>/s, "");
    assertEquals(shown.match(/NaN|undefined|Infinity/g), null);
    assertEquals(page.match(/<svg [^>]*class="chart"/g)!.length, 5 + 12);
  }));

Deno.test("runCompare() of a run with itself finds no difference, and of one that has not ended says so", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig(...VIDEOS));
    const same = await runCompare([folder, folder]);
    assertEquals(same.settings, []);
    assertEquals(same.runs[1].paired!.roc_auc.difference, 0);
    Deno.removeSync(join(folder, "result.json"));
    Deno.removeSync(join(folder, "test_scores.json"));
    const { warnings, runs } = await runCompare([folder, folder]);
    assertStringIncludes(warnings[0], "has not ended");
    assertEquals(runs[1].paired, null);
    assert(runs[0].loss.x.length > 0);
  }));

Deno.test("runCompare() says of a run without test videos that it evaluated nothing", () =>
  withFolder(async (folder) => {
    const [a, b] = ["a", "b"].map((name) => join(folder, name));
    for (const path of [a, b]) Deno.mkdirSync(path);
    for (const path of [a, b]) await trainInto(path, smallConfig(...VIDEOS, "trainer.max_steps=1"));
    Deno.removeSync(join(b, "test_scores.json"));
    const result = JSON.parse(Deno.readTextFileSync(join(b, "result.json")));
    Deno.writeTextFileSync(join(b, "result.json"), JSON.stringify({ ...result, best: null }));
    const { warnings } = await runCompare([a, b]);
    assertEquals(warnings.at(-1), `"${b}" evaluated nothing: its data had no test videos`);
  }));

Deno.test("runCompare() refuses one run alone, and a folder that holds none", () =>
  withFolder(async (folder) => {
    await assertRejects(() => runCompare([folder]), RangeError, "name two or more run folders");
    await assertRejects(() => runCompare([folder, folder]), Error, "no config.yaml in it");
    const nowhere = join(folder, "nowhere");
    await assertRejects(() => runCompare([nowhere, folder]), Error, "no such folder; name the");
  }));
