/** Extractions into one folder: one after another, side by side, and where it cannot be written. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { extractFeatures, type ExtractRequest } from "../../src/commands/extract_features.ts";
import { CLAIMS_FOLDER } from "../../src/extract/claims.ts";
import { PIECES_FOLDER } from "../../src/extract/kept_pieces.ts";
import { silent, type StepReport } from "../../src/progress.ts";
import { thisMachine } from "../../src/run_folder/lock.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withFolder } from "../support/temporary_folder.ts";

const usual: Omit<ExtractRequest, "paths" | "out"> = {
  ...{ backbone: "motion", settings: {}, weights: null, jpeg: false, segments: null },
  ...{ dtype: "float32", overwrite: false, device: { device: "cpu", blas: "off" } },
  progress: silent,
};

/** Lines of the manifest: ids with features, and without. */
function manifestOf(out: string): [string[], string[]] {
  const lines = Deno.readTextFileSync(join(out, "manifest.jsonl")).trim().split("\n")
    .map((line): { id: string; features: string | null } => JSON.parse(line));
  const { with: made = [], without = [] } = Object.groupBy(
    lines,
    ({ features }) => features === null ? "without" : "with",
  );
  return [made.map(({ id }) => id), without.map(({ id }) => id)];
}

Deno.test({
  name: "extractFeatures() keeps what earlier calls wrote in its manifest, and opens no device " +
    "where nothing is missing",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "features"), list = join(folder, "list.txt");
      const a = testClip(folder, "a.mkv"), b = testClip(folder, "b.mkv");
      await Deno.writeTextFile(join(folder, "none.mp4"), "nothing");
      await Deno.writeTextFile(list, "gone.mkv\na.mkv\n");
      const reports: StepReport[] = [];
      const progress = { ...silent, step: (report: StepReport) => void reports.push(report) };
      const first = await extractFeatures({ ...usual, paths: [list], out, progress });
      assertEquals(first.failed.map(({ id }) => id), ["gone"]);
      // The first frame tells of the start of ffmpeg, not of the pace.
      const { doing, framesPerSecond, secondsLeft } = reports[0];
      assertEquals([doing, framesPerSecond, secondsLeft], ["a frame 1/20", undefined, undefined]);
      await extractFeatures({ ...usual, paths: [b, join(folder, "none.mp4")], out });
      assertEquals(manifestOf(out), [["b", "a"], ["none", "gone"]]);
      const again = await extractFeatures({ ...usual, paths: [a, b], out });
      assertEquals([again.skipped, again.device], [2, null]);
      assertEquals(manifestOf(out), [["a", "b"], ["none", "gone"]]);
      testClip(folder, "gone.mkv");
      await extractFeatures({ ...usual, paths: [list], out });
      assertEquals(manifestOf(out), [["gone", "a", "b"], ["none"]]);
    }),
});

Deno.test({
  name: "extractFeatures() makes what a lost process left, and leaves what a living one works on",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "features"), claims = join(out, CLAIMS_FOLDER);
      const paths = ["a", "b", "c"].map((name) => testClip(folder, `${name}.mkv`));
      await Deno.mkdir(claims, { recursive: true });
      const pieces = join(out, PIECES_FOLDER);
      await Deno.mkdir(pieces);
      await Deno.writeTextFile(join(pieces, ".a.json.4194305-0.partial"), "cut off by a kill");
      const claim = (id: string, host: string | null, held: boolean) => {
        const owner = { pid: 1, ...thisMachine(), host, held };
        Deno.writeTextFileSync(join(claims, id), JSON.stringify(owner));
      };
      claim("a", thisMachine().host, true); // its process is gone, or it would have the file's lock
      claim("b", "elsewhere", false); // its process will touch it
      claim("c", "elsewhere", false); // its process fails with the video
      const waits: string[] = [];
      const step = ({ doing }: StepReport) => {
        if (!doing?.includes("of other processes")) return;
        waits.push(doing);
        Deno.utimeSync(join(claims, "b"), new Date(), new Date(Date.now() + 1000));
        Deno.removeSync(join(claims, "c"));
      };
      const request = { ...usual, paths, out, progress: { ...silent, step } };
      const { extracted, elsewhere } = await extractFeatures(request);
      assertEquals(extracted.map(({ id }) => id).sort(), ["a", "c"]);
      assertEquals(elsewhere, 1);
      assertEquals(waits.length, 1);
      assertStringIncludes(waits[0], "2 videos of other processes");
      assertEquals([...Deno.readDirSync(claims)].map(({ name }) => name), ["b"]);
      assert(!existsSync(pieces));
    }),
});

Deno.test({
  name: "extractFeatures() lists a video that goes before its turn, and goes on",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "features");
      const paths = ["a", "b", "c"].map((name) => testClip(folder, `${name}.mkv`));
      const step = () => void (existsSync(paths[1]) && Deno.removeSync(paths[1]));
      const request = { ...usual, paths, out, progress: { ...silent, step } };
      const { extracted, failed } = await extractFeatures(request);
      assertEquals(extracted.map(({ id }) => id), ["a", "c"]);
      assertStringIncludes(failed[0].reason, "b.mkv");
    }),
});

Deno.test({
  name: "extractFeatures() with --overwrite makes each video once, by whichever shard",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "features");
      const paths = ["a", "b"].map((name) => testClip(folder, `${name}.mkv`));
      await extractFeatures({ ...usual, paths, out });
      const shard = async (number: number) => {
        const of = { ...usual, paths, out, overwrite: true, shard: { number, of: 2 } };
        return (await extractFeatures(of)).extracted.map(({ id }) => id);
      };
      assertEquals(await shard(1), ["a"]);
      assertEquals(await shard(2), ["b"]);
    }),
});

Deno.test({
  name: "extractFeatures() stops where its folder cannot be written; a name too long fails alone",
  ignore: !hasFfmpeg || Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "features");
      const long = testClip(folder, `${"n".repeat(245)}.mkv`);
      const paths = [long, ...["a", "b"].map((name) => testClip(folder, `${name}.mkv`))];
      const { failed, extracted } = await extractFeatures({ ...usual, paths, out });
      assertStringIncludes(failed[0].reason, "the name is too long for the file system");
      assertEquals(extracted.map(({ id }) => id), ["a", "b"]);
      await Deno.remove(join(out, "a.npy"));
      await Deno.remove(join(out, "b.npy"));
      await Deno.remove(join(out, "a.json"));
      await Deno.mkdir(join(out, "a.json")); // stands for a full disk
      await assertRejects(() => extractFeatures({ ...usual, paths, out }), Error, "Cannot write");
      assert(![...Deno.readDirSync(out)].some(({ name }) => name === "b.npy"));
    }),
});
