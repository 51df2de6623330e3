import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listRuns, noteRun, queryRuns, removeRun } from "../../src/commands/run_runs.ts";
import { silent } from "../../src/progress.ts";
import { RunStore, STORE_FILE } from "../../src/run_folder/run_store.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const paths = (rows: { path: unknown }[]) => rows.map(({ path }) => path).sort();

Deno.test("the list of runs is what lies in the folders, after changes and without its store", () =>
  withFolder(async (root) => {
    const [a, b] = [join(root, "a"), join(root, "pair", "cells", "b")];
    for (const path of [a, b]) Deno.mkdirSync(path, { recursive: true });
    const result = await trainInto(a, smallConfig("trainer.max_steps=2"));
    await trainInto(b, smallConfig("trainer.max_steps=1", "runner.optimizer.lr=1e-4"));
    const list = (filter?: string) => listRuns(root, filter, silent);

    const [row] = await list("path=a");
    assertEquals(
      [row.runner, row.seed, row.status, row.steps, row.roc_auc],
      ["mil", 0, "finished", 2, result.best!.metrics.roc_auc],
    );
    assertEquals(paths(await list()), ["a", "pair/cells/b"]);
    assertEquals(paths(await list("runner.optimizer.lr < 0.0005")), ["pair/cells/b"]);
    assertEquals(paths(await list("runner.optimizer.name=adam or seed=0")).length, 2);
    assertEquals(paths(await list("video_acc >= 0 and not path=a")), ["pair/cells/b"]);

    // A note lies beside the run, so that it outlives the store.
    await noteRun(a, "good one");
    Deno.removeSync(join(root, STORE_FILE));
    assertEquals(paths(await list("note ~ GOOD")), ["a"]);
    await noteRun(a, "");
    assertEquals(await list("note ~ good"), []);
    // A note that somebody wrote in another encoding keeps no other run from the list.
    Deno.writeFileSync(join(a, "note.txt"), Uint8Array.of(0xe4, 0xf6, 0x0a));
    assertEquals(paths(await list("status ~ 'not UTF-8'")), ["a"]);
    assertEquals(paths(await list("status=finished")), ["pair/cells/b"]);
    Deno.removeSync(join(a, "note.txt"));

    Deno.removeSync(join(b, "result.json"));
    assertEquals(paths(await list("status=unfinished and data=synthetic")), ["pair/cells/b"]);
    Deno.writeTextFileSync(join(b, "config.yaml"), "a: [");
    const [damaged] = await list("status ~ damaged");
    assertEquals(damaged.path, "pair/cells/b");

    Deno.writeTextFileSync(join(b, "mine.txt"), "");
    await assertRejects(() => removeRun(b), Error, "is no file of a run");
    Deno.removeSync(join(b, "mine.txt"));
    await removeRun(b);
    assert(!existsSync(b));
    assertEquals(paths(await list()), ["a"]);
    await assertRejects(() => removeRun(root), Error, "no config.yaml in it");
    await assertRejects(() => listRuns(join(root, "no"), undefined, silent), Error, "give --root");
  }));

Deno.test("RunStore.query() answers SQL and changes nothing", () =>
  withFolder(async (root) => {
    await trainInto(join(root), smallConfig("trainer.max_steps=1"));
    const rows = await queryRuns(root, "SELECT count(*) AS n, max(seed) AS s FROM runs", silent);
    assertEquals({ ...rows[0] }, { n: 1, s: 0 });
    using store = await RunStore.open(root);
    for (const sql of ["DELETE FROM runs", "DROP TABLE runs", "nonsense"]) {
      assertThrows(() => store.query(sql), SyntaxError, "Cannot run the query");
    }
    assertEquals(store.list().length, 1);
  }));

Deno.test("RunStore.open() reads all anew where the store is no database", () =>
  withFolder(async (root) => {
    await trainInto(join(root), smallConfig("trainer.max_steps=1"));
    Deno.writeTextFileSync(join(root, STORE_FILE), "somebody's own text, no database at all");
    using store = await RunStore.open(root);
    assertEquals([store.path, store.list().length], [null, 1]);
    assertEquals(Deno.readTextFileSync(join(root, STORE_FILE)).slice(0, 8), "somebody");
  }));
