/** What a stranger types first, and what is said to it. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { wsvad, wsvadEach } from "./run_wsvad.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SMALL = [
  ...["--runner", "mil", "data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
  ...["trainer.max_steps=1", "--device", "cpu", "--blas", "off"],
];

Deno.test("wsvad train --overwrite without --out replaces the run in the folder it would have", () =>
  withFolder(async (folder) => {
    for (const args of [[], ["--overwrite"], []]) {
      const { code, stderr } = await wsvad(["train", ...SMALL, ...args], folder);
      assertEquals(code, 0, stderr);
    }
    const names = Array.from(Deno.readDirSync(join(folder, "runs")), ({ name }) => name).sort();
    assertEquals(names, ["mil-synthetic-seed0", "mil-synthetic-seed0-2"]); // of three runs
  }));

Deno.test("wsvad eval --overwrite without --out says that there is nothing to overwrite", () =>
  withFolder(async (folder) => {
    const { code, stderr } = await wsvad(["eval", "runs/x", "--overwrite"], folder);
    assertEquals(code, 1);
    assertMatch(stderr, /^Cannot overwrite anything: --overwrite is for the files in --out/);
  }));

const REFUSED: [args: string[], message: RegExp][] = [
  [["runner.head.k=5"], /edit runner\.head\.k in "run\/config\.yaml" to go on with other values/],
  [["--runner", "mil"], /with runner=mil: .*leave that out, or start a new run/],
  [["--overwrite"], /with --overwrite: .*leave that out/],
  [["--config-dir", "mine"], /with --config-dir mine: .*leave that out/],
  [
    ["data.root=/x", "trainer.seed=1"],
    /with trainer\.seed=1: .*all but data\.root; edit trainer\.seed/,
  ],
];

Deno.test("wsvad train --resume RUN with what a run fixes says what to do", async () => {
  const outcomes = await wsvadEach(REFUSED.map(([args]) => ["train", "--resume", "run", ...args]));
  outcomes.forEach(({ code, stderr }, i) => {
    assertEquals(code, 1);
    assertMatch(stderr, REFUSED[i][1]);
  });
});
