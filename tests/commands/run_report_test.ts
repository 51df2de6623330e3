import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeReports } from "../../src/commands/run_report.ts";
import { exportLogs } from "../../src/commands/export_log.ts";
import { removeRun } from "../../src/commands/run_runs.ts";
import { namedRuns } from "../../src/run_folder/run_folders.ts";
import { silent } from "../../src/progress.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { wsvad } from "../cli/run_wsvad.ts";
import { withFolder } from "../support/temporary_folder.ts";

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
    // One that is damaged keeps no other from its page.
    Deno.removeSync(pages[1]);
    const both = writeReports([whole, folder, stopped]);
    const { message } = await assertRejects(() => both, Error);
    assertEquals(message.split("\n").length, 2);
    assertStringIncludes(unclocked(pages[1]), "stopped: step 7 of 12");
  }));

Deno.test("wsvad report takes folders above runs, and passes over what holds none", () =>
  withFolder(async (root) => {
    const at = (...names: string[]) => join(root, ...names);
    for (const name of ["one", "pair/cells/two", "evaluation"]) {
      Deno.mkdirSync(at(name), { recursive: true });
    }
    for (const name of ["one", "pair/cells/two"]) {
      Deno.writeTextFileSync(at(name, "config.yaml"), "");
    }
    Deno.writeTextFileSync(at("runs.sqlite"), "");
    const runs = [at("one"), at("pair", "cells", "two")];
    assertEquals(namedRuns([root]), { runs, others: [] });
    const all = ["evaluation", "one", "pair", "runs.sqlite"].map((name) => at(name));
    assertEquals(namedRuns([...all, at("one")]), {
      runs,
      others: [at("evaluation"), at("runs.sqlite")],
    });
    // Nothing but what holds no run, and a name that is mistyped, are told by who reads them.
    assertEquals(namedRuns([at("evaluation")]), { runs: [at("evaluation")], others: [] });
    assertEquals(namedRuns([at("on"), at("one")]).runs, [at("on"), at("one")]);
    const said = await wsvad(["report", at("evaluation"), at("runs.sqlite")]);
    assertEquals(said.code, 1);
    assertStringIncludes(said.stderr, 'Cannot read the run "' + at("evaluation"));
  }));

Deno.test("exportLogs() writes every line of a log as CSV, and its numbers as events", () =>
  withFolder(async (root) => {
    const run = join(root, "run");
    Deno.mkdirSync(run);
    await trainInto(run, smallConfig());
    const [{ file }] = await exportLogs([run], "csv");
    assertEquals(file, join(run, "log.csv"));
    const [head, ...rows] = Deno.readTextFileSync(file).trimEnd().split("\n")
      .map((row) => row.split(","));
    const lines = Deno.readTextFileSync(join(run, "log.jsonl")).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    assertEquals(rows.length, lines.length);
    const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
    const told = (of: (line: typeof lines[number]) => unknown) =>
      lines.map((line) => String(of(line) ?? ""));
    assertEquals(column("kind"), told(({ kind }) => kind));
    assertEquals(column("loss"), told(({ loss }) => loss));
    assertEquals(column("term.ranking"), told(({ terms }) => terms?.ranking));
    assertEquals(column("roc_auc"), told(({ metrics }) => metrics?.roc_auc));
    const elapsed = column("elapsed").map(Number);
    assertEquals(elapsed.toSorted((a, b) => a - b), elapsed);

    const [{ file: events }] = await exportLogs([run], "tensorboard");
    const bytes = Deno.readFileSync(events);
    const text = new TextDecoder("latin1").decode(bytes);
    for (const tag of ["train/loss", "train/term/ranking", "train/lr", "test/roc_auc"]) {
      const count = told((line) => line.kind).filter((kind) =>
        tag.startsWith("test") === (kind === "eval")
      );
      assertEquals(text.split(`${tag}\x15`).length - 1, count.length, tag);
    }
    await exportLogs([run], "tensorboard"); // again: replaced, not beside
    assertEquals([...Deno.readDirSync(join(run, "tensorboard"))].length, 1);
    await assertRejects(() => exportLogs([run], "csv", { out: file }), Error, "exists");
    await removeRun(run); // what was exported goes along
    assertEquals([...Deno.readDirSync(root)], []);
  }));
