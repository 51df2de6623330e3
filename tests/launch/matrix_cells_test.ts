import { assert, assertEquals, assertThrows } from "@std/assert";
import { cellKey, planCells } from "../../src/launch/matrix_cells.ts";
import { parseRows } from "../../src/launch/matrix_rows.ts";
import { registry as catalog } from "../../src/model/registry.ts";

function plan(runners: string[], seeds: number | null, ...settings: string[]) {
  return planCells({ rows: parseRows(runners), seeds, settings, catalog });
}

Deno.test("planCells() takes all runners with the first seed, then with the next", () => {
  const cells = plan(["rtfm", "mil"], 2, "trainer.seed=5", "trainer=quick");
  assertEquals(cells.map(({ runner, seed }) => `${runner} ${seed}`), [
    "rtfm 5",
    "mil 5",
    "rtfm 6",
    "mil 6",
  ]);
  assertEquals(cells.map(({ config }) => config.trainer.seed), [5, 5, 6, 6]);
  assertEquals(cells.map(({ config }) => config.runner.name), ["rtfm", "mil", "rtfm", "mil"]);
});

Deno.test("planCells() gives all runners the same seeds, whatever seed a recipe has", () => {
  const cells = plan(["vadclip", "mil"], 2);
  assertEquals(cells.map(({ config }) => config.trainer.seed), [0, 0, 1, 1]);
});

Deno.test("planCells() gives synthetic features that share a space with text to who needs them", () => {
  const [vadclip, mil] = plan(["vadclip", "mil"], 1);
  assertEquals([vadclip, mil].map(({ config }) => config.data.features), ["clip", "i3d"]);
});

Deno.test("planCells() gives a setting with a runner's name to that runner alone", () => {
  const [rtfm, mil] = plan(["rtfm", "mil"], 1, "rtfm:runner.head.k=5", "data.batch_size=4");
  assertEquals(rtfm.config.runner.head.k, 5);
  assertEquals([rtfm, mil].map(({ config }) => config.data.batch_size), [4, 4]);
});

Deno.test("planCells() says what differs from the runner's own recipe, and nothing else", () => {
  const [untouched] = plan(["mil"], 1, "trainer.seed=7", "trainer.log_every=3", "data.dim=64");
  assertEquals(untouched.changes, []);
  const [rtfm] = plan(["rtfm"], 1, "data.batch_size=4", "rtfm:runner.loss.sparsity.weight=0");
  assertEquals(rtfm.changes, [
    "data.batch_size 32 -> 4",
    "runner.loss.sparsity.weight 0.008 -> 0",
  ]);
});

Deno.test("planCells() refuses what no runner or not every runner takes, before anything is run", () => {
  const refused = (text: string, runners: string[], ...settings: string[]) =>
    assertThrows(() => plan(runners, 1, ...settings), RangeError, text);
  refused(`no runner "mgfn" in the matrix (mil, rtfm)`, ["mil", "rtfm"], "mgfn:trainer.seed=1");
  refused("with --runners", ["mil"], "runner=rtfm");
  refused(`this is for runner "mil"`, ["rtfm", "mil"], "runner.head.k=2");
  refused("no such file", ["mil", "rtmf"]);
});

Deno.test("cellKey() changes with any setting, and not with the place of the matrix", async () => {
  const [{ config }] = plan(["s3r"], 1);
  const key = await cellKey(config, "/a/matrix");
  assertEquals(key.length, 12);
  const [{ config: other }] = plan(["s3r"], 1, "data.prefetch=3");
  assert(await cellKey(other, "/a/matrix") !== key);
  const within = (folder: string) => {
    const encoder = { ...config.runner.encoder, dictionary: `${folder}/dictionary.npy` };
    return cellKey({ ...config, runner: { ...config.runner, encoder } }, folder);
  };
  assertEquals(await within("/a/matrix"), await within("/elsewhere"));
  assert(await within("/a/matrix") !== key);
});

Deno.test("planCells() makes a row of each combination of swept settings, and takes swept seeds", () => {
  const cells = plan(
    ["mil", "mil@runner.head.dropout=0"],
    null,
    "runner.optimizer.lr=1e-4,1e-3",
    "trainer.seed=3,5",
    "trainer=quick",
  );
  assertEquals(cells.length, 8);
  assertEquals(
    cells.map(({ row, varied, seed }) => [row, ...varied, seed].join(" ")).slice(2, 6),
    [
      "mil@runner.head.dropout=0 runner.optimizer.lr=1e-4 3",
      "mil@runner.head.dropout=0 runner.optimizer.lr=1e-3 3",
      "mil runner.optimizer.lr=1e-4 5",
      "mil runner.optimizer.lr=1e-3 5",
    ],
  );
  const [{ config }] = cells, last = cells[7].config;
  assertEquals([config.runner.optimizer.lr, last.runner.optimizer.lr], [1e-4, 1e-3]);
  assertEquals([config.runner.head.dropout === 0, last.runner.head.dropout], [false, 0]);
  assertEquals([config.trainer.seed, last.trainer.seed], [3, 5]);
});

Deno.test("planCells() lets a variant's own value stand in place of swept ones", () => {
  const cells = plan(
    ["mil", "slow=mil@runner.optimizer.lr=1e-5"],
    1,
    "runner.optimizer.lr=1e-4,1e-3",
  );
  assertEquals(cells.map(({ row, config }) => [row, config.runner.optimizer.lr]), [
    ["mil", 1e-4],
    ["mil", 1e-3],
    ["slow", 1e-5],
  ]);
  const [, , { config }] = plan(["mil", "slow=mil"], 1, "slow:data.segments=7", "data.dim=8,16");
  assertEquals(config.data.segments, 7);
});

Deno.test("planCells() refuses seeds that are said twice or are none", () => {
  const refused = (text: string, seeds: number | null, setting: string) =>
    assertThrows(() => plan(["mil"], seeds, setting), RangeError, text);
  refused("leave out --seeds", 2, "trainer.seed=0..4");
  refused("seeds are whole numbers", null, "trainer.seed=0.5,1");
  refused("add --random N", null, "runner.optimizer.lr=interval(0.1,0.2)");
});
