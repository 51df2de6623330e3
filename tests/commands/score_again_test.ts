/** A second `wsvad score` into one folder: what it finds there, goes on with, and clears away. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scoreFiles } from "../../src/commands/score_files.ts";
import type { ScoreFormat } from "../../src/commands/score_outputs.ts";
import { filesToScore, groupSources } from "../../src/commands/score_sources.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { wsvad } from "../cli/run_wsvad.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { withFolder } from "../support/temporary_folder.ts";

const VIDEOS = 3, SNIPPETS = 4, DIM = 8;

async function withScores(
  use: (given: {
    folder: string;
    out: string;
    score: (options?: {
      formats?: ScoreFormat[];
      skipExisting?: boolean;
      overwrite?: boolean;
    }) => ReturnType<typeof scoreFiles>;
  }) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const [run, features, out] = ["run", "features", "scores"].map((name) => join(folder, name));
    for (const path of [run, features]) Deno.mkdirSync(path);
    await trainInto(run, smallConfig("trainer.max_steps=1"));
    for (let i = 0; i < VIDEOS; i++) {
      const values = Float32Array.from({ length: SNIPPETS * DIM }, (_, at) => (at * (i + 3)) % 7);
      Deno.writeFileSync(join(features, `v${i}.npy`), encodeNpy([SNIPPETS, DIM], values));
    }
    const score = (options: Parameters<Parameters<typeof use>[0]["score"]>[0] = {}) =>
      scoreFiles({
        checkpoint: run,
        paths: [features],
        overrides: [],
        configDirs: [],
        out,
        formats: ["csv", "json"],
        top: 3,
        overwrite: false,
        device: { device: "cpu", blas: "off" },
        progress: silent,
        ...options,
      });
    await use({ folder, out, score });
  });
}

/** The time of the last change of every file of one video, which a skipped one keeps. */
function changes(folder: string): Record<string, number> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("v")).map(({ name }) => [
      name,
      Deno.statSync(join(folder, name)).mtime!.getTime(),
    ]),
  );
}

Deno.test("scoreFiles() with skipExisting scores what is missing, format by format, and touches nothing else", () =>
  withScores(async ({ out, score }) => {
    await score();
    const whole = Deno.readTextFileSync(join(out, "v1.csv"));
    await assertRejects(() => score(), Error, "add --skip-existing to score what is missing");
    Deno.removeSync(join(out, "v1.csv"));
    Deno.removeSync(join(out, "v2.csv"));
    Deno.removeSync(join(out, "v2.json"));
    const before = changes(out);
    const second = await score({ skipExisting: true });
    assertEquals(second.skipped, 1);
    assertEquals(second.files.map(({ id, written }) => [id, written.length]), [["v1", 1], [
      "v2",
      2,
    ]]);
    assertEquals(second.warnings, []);
    assertEquals(Deno.readTextFileSync(join(out, "v1.csv")), whole);
    const after = changes(out);
    for (const [name, time] of Object.entries(before)) assertEquals(after[name], time, name);
    assertEquals(Object.keys(after).length, 2 * VIDEOS);

    // What lies beside them that cannot be read is somebody else's.
    Deno.mkdirSync(join(out, "notes.json"));
    Deno.writeTextFileSync(join(out, "null.json"), "null");
    Deno.removeSync(join(out, "v2.csv"));
    assertEquals((await score({ skipExisting: true })).files.map(({ id }) => id), ["v2"]);

    const third = await score({ skipExisting: true });
    assertEquals([third.skipped, third.files.length], [VIDEOS, 0]);
  }));

Deno.test("scoreFiles() with skipExisting warns of scores that stay and come from other weights", () =>
  withScores(async ({ out, score }) => {
    await score();
    const path = join(out, "v0.json");
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace(/"step":\s*1\b/, '"step":9'));
    const { warnings: [warning], files } = await score({ skipExisting: true });
    assertEquals(files, []);
    assert(/^1 of the files that stay say .*step 9, not from .*step 1: .*v0\.json/.test(warning));
  }));

Deno.test("wsvad score --skip-existing says what was scored before; with --overwrite it is refused", () =>
  withScores(async ({ folder, out, score }) => {
    await score({ formats: ["csv"] });
    const args = ["score", "-c", join(folder, "run"), join(folder, "features"), "--out", out];
    const again = await wsvad([...args, "--format", "csv", "--skip-existing"]);
    assertEquals(again.code, 0, again.stderr);
    assertEquals(again.stdout, `nothing is missing: 3 videos were scored before, in ${out}\n`);
    const both = await wsvad([...args, "--skip-existing", "--overwrite"]);
    assertEquals(both.code, 1);
    assert(both.stderr.includes("cannot be used with option"), both.stderr);
  }));

Deno.test("scoreFiles() clears what a killed process left, never what a running one writes", () =>
  withScores(async ({ out, score }) => {
    const dead = new Deno.Command("true").spawn();
    await dead.status;
    Deno.mkdirSync(out);
    const stale = join(out, `.v0.csv.${dead.pid}-0.partial`);
    const alive = join(out, `.v1.csv.${Deno.ppid}-0.partial`);
    for (const path of [stale, alive]) Deno.writeTextFileSync(path, "0");
    await score();
    assertEquals([existsSync(stale), existsSync(alive)], [false, true]);
  }));

Deno.test("groupSources() gathers 50,000 files of one video in time that grows with their number alone", () =>
  withFolder(async (folder) => {
    const path = join(folder, "v__3.npy");
    Deno.writeTextFileSync(path, "");
    const start = threadSeconds();
    const [{ paths }] = await groupSources(new Array(50_000).fill(path), "per_crop", "videos");
    assertEquals(paths.length, 50_000);
    const seconds = threadSeconds() - start;
    assert(seconds < 2, `${seconds} s of the processor; the old code took over 5`);
  }));

Deno.test("filesToScore() and groupSources() take a folder of 200,000 files", () =>
  withFolder(async (folder) => {
    const { readDir } = Deno;
    Deno.readDir = async function* () {
      for (let i = 0; i < 200_000; i++) {
        const kind = { isFile: true, isDirectory: false, isSymlink: false };
        yield await Promise.resolve({ name: `v${i}.npy`, ...kind });
      }
    };
    try {
      assertEquals(
        (await groupSources(await filesToScore([folder]), undefined, "auto")).length,
        200_000,
      );
    } finally {
      Deno.readDir = readDir;
    }
  }));

Deno.test("a damaged checkpoint is told before what its weights bring about, and nothing is written", () =>
  withScores(async ({ folder, out, score }) => {
    const path = join(folder, "run", "best.safetensors");
    const whole = Deno.readFileSync(path);
    const changes: ((at: DataView, end: number) => void)[] = [
      (view, end) => view.setFloat32(end - 4, NaN, true), // scores that are refused
      (view, end) => view.setUint8(end - 4, view.getUint8(end - 4) ^ 1), // scores like the right ones
    ];
    for (const change of changes) {
      const bytes = whole.slice();
      change(new DataView(bytes.buffer), bytes.length);
      Deno.writeFileSync(path, bytes);
      await assertRejects(
        () => score(),
        Error,
        `Cannot use "${path}": it is not as wsvad wrote it`,
      );
      assert(!existsSync(out));
    }
  }));
