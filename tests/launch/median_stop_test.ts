import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { runMatrix } from "../../src/commands/run_matrix.ts";
import { isFault } from "../../src/fault.ts";
import { belowMedian, comparedWith, readStopped } from "../../src/launch/median_stop.ts";
import { silent } from "../../src/progress.ts";
import { readLog } from "../../src/run_folder/log.ts";
import { SMALL_DATA } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("comparedWith() takes the cells of a row in earlier rounds of five, wherever they stand", () => {
  const rows = Array.from({ length: 13 }, (_, i) => i === 2 || i === 4 ? "other" : "row");
  const compared = comparedWith(rows);
  assertEquals(compared.slice(0, 7), [[], [], [], [], [], [], []]);
  assertEquals(compared.slice(7, 12), Array(5).fill([0, 1, 3, 5, 6]));
  assertEquals(compared[12], [0, 1, 3, 5, 6, 7, 8, 9, 10, 11]);
});

Deno.test("belowMedian() stops what is below, and nothing that equals it or has no value", () => {
  const rule = { metric: "ap", medians: { 10: 0.5 } };
  const why = { step: 10, metric: "ap", value: 0.4, median: 0.5 };
  assertEquals(belowMedian(rule, 10, { ap: 0.4 }), why);
  assertEquals(belowMedian(rule, 10, { ap: 0.5 }), null);
  assertEquals(belowMedian(rule, 11, { ap: 0.4 }), null);
  assertEquals(belowMedian(rule, 10, { ap: null, roc_auc: 0.1 }), null);
});

Deno.test("readStopped() refuses a damaged file, and finds none where there is none", () =>
  withFolder(async (folder) => {
    assertEquals(await readStopped(folder), null);
    for (const text of ["{", '{"step":1}']) {
      Deno.writeTextFileSync(join(folder, "stopped.json"), text);
      const error = await assertRejects(() => readStopped(folder), SyntaxError, "remove it");
      assert(isFault(error));
    }
  }));

const SMALL = [
  ...[...SMALL_DATA, "data.synthetic.videos_train=3", "trainer.loop=steps", "trainer.max_steps=4"],
  ...["trainer.eval_every=1", "trainer.eval_start=0", "eval.bootstrap=0"],
  "runner.head.hidden=[4,3]",
];

Deno.test("runMatrix() with the median stops a cell at the first step where it is below, and records why", () =>
  withFolder(async (folder) => {
    const run = (name: string, median: boolean) =>
      runMatrix({
        ...{ folder: join(folder, name), runners: ["mil"], seeds: 8, settings: SMALL, median },
        ...{ device: { device: "cpu", blas: "off" }, progress: silent },
      });
    const whole = await run("whole", false);
    const cells = whole.groups[0].rows[0].cells;
    const aucs: number[][] = [];
    for (const cell of cells) {
      const { lines } = await readLog(join(folder, "whole", cell.folder, "log.jsonl"));
      aucs.push(lines.flatMap((line) => line.kind === "eval" ? [line.metrics.roc_auc!] : []));
    }
    const stepOf = (cell: number) => {
      if (cell < 5) return null;
      const step = [0, 1, 2].find((i) => {
        const median = aucs.slice(0, 5).map((own) => own[i]).toSorted((a, b) => a - b)[2];
        return aucs[cell][i] < median;
      });
      return step === undefined ? null : step + 1;
    };
    const expected = cells.map((_, i) => stepOf(i));
    assert(expected.some((step) => step !== null), "no cell is below the median");

    const { stopped, waiting, failed, files } = await run("stopped", true);
    assertEquals([waiting, failed], [[], []]);
    const told = [];
    for (const { folder: name } of cells) {
      told.push((await readStopped(join(folder, "stopped", name)))?.step ?? null);
    }
    assertEquals(told, expected);
    assertEquals(stopped.length, expected.filter((step) => step !== null).length);
    assert(stopped[0].message!.includes("below the median"), stopped[0].message!);
    assert(Deno.readTextFileSync(files.html).includes("Stopped by the median"));

    // Asked for without the rule, the stopped cells go on to their ends.
    const { groups } = await run("stopped", false);
    assertEquals(groups[0].rows[0].metrics, whole.groups[0].rows[0].metrics);
  }));
