import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { type EvalConfig, evalSchema } from "../../src/config/schema/eval.ts";
import { type InspectedSource, scorePlaces } from "../../src/score/score_frames.ts";
import { videoIdOf } from "../../src/data/video_id.ts";
import { isFault } from "../../src/fault.ts";
import { writeText } from "../data/temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const config = (data: Partial<DataConfig>, spread: EvalConfig["spread"]) => ({
  data: dataSchema.parse(data),
  eval: evalSchema.parse({ spread }),
});
const pooled = (root: string): Partial<DataConfig> => ({
  source: "folder",
  root,
  annotations: "annotations.txt",
  frame_counts: "annotations",
  ground_truth_rule: "original_one_based_inclusive",
});
/** A video of one file; T matters where a frame count is known. */
const video = (path: string, snippets = 10): InspectedSource => ({
  source: { id: videoIdOf(path), video: videoIdOf(path), paths: [path] },
  snippets,
  bytes: 0,
});
// 10 clips of 16 frames and 5 frames more; 4 segments begin at clips round(i * 9 / 4).
const annotation = "Abuse/Abuse028_x264.mp4 165 Abuse 21 40 -1 -1\n";

Deno.test("scorePlaces() lays segments over the frames that the annotations tell, with their ground truth", async () => {
  await withFolder(async (folder) => {
    await writeText(folder, "annotations.txt", annotation);
    const one = video("x/Abuse028_x264.npy", 4);
    const { place, warnings } = await scorePlaces(config(pooled(folder), "segments"), [one]);
    assertEquals(warnings, []);
    assertEquals(place(one.source, 4), {
      bounds: {
        start: Int32Array.of(0, 32, 80, 112),
        end: Int32Array.of(32, 80, 112, 144),
      },
      frames: 165,
      groundTruth: [{ start: 20, end: 40 }],
    });
  });
});

Deno.test("scorePlaces() takes --frames before the annotations, which may be absent", async () => {
  const one = video("new.npy");
  const { place } = await scorePlaces(config(pooled("/nowhere"), "segments"), [one], {
    frames: 33,
  });
  assertEquals(place(one.source, 1), {
    bounds: { start: Int32Array.of(0), end: Int32Array.of(16) },
    frames: 33,
    groundTruth: undefined,
  });
});

Deno.test("scorePlaces() refuses segments of videos of unknown length, and names what would help", async () => {
  await withFolder(async (folder) => {
    await writeText(folder, "annotations.txt", annotation);
    for (const data of [pooled(folder), pooled("/nowhere"), {}]) {
      const error = await assertRejects(
        () =>
          scorePlaces(config(data, "segments"), [video("new_i3d.npy"), video("Abuse028_x264.npy")]),
        RangeError,
        'of "new_i3d.npy"',
      );
      for (const remedy of ["--frames N", "data.annotations=FILE", "eval.spread=snippets"]) {
        assertStringIncludes(error.message, remedy);
      }
    }
  });
});

Deno.test("scorePlaces() refuses --frames for several videos", async () => {
  await assertRejects(
    () => scorePlaces(config({}, "segments"), [video("a.npy"), video("b.npy")], { frames: 100 }),
    RangeError,
    "--frames 100 for 2 videos",
  );
});

Deno.test("scorePlaces() gives snippets their frames, and the last one the end of the video", async () => {
  const one = video("a.npy");
  const { place } = await scorePlaces(config({}, "snippets"), [one]);
  assertEquals(place(one.source, 2), {
    bounds: { start: Int32Array.of(0, 16), end: Int32Array.of(16, 32) },
    frames: 32,
    groundTruth: undefined,
  });
  const ending = await scorePlaces(config({}, "snippets"), [one], { frames: 27 });
  assertEquals(ending.place(one.source, 2).bounds.end, Int32Array.of(16, 27));
});

Deno.test("scorePlaces() refuses --frames that the snippets contradict", async () => {
  const one = video("a.npy");
  const { place } = await scorePlaces(config({}, "snippets"), [one], { frames: 1000 });
  assertThrows(() => place(one.source, 32), RangeError, "32 snippets of 16 frames are 512 frames");
});

Deno.test("scorePlaces() refuses files of ground truth that were asked for and are not there", async () => {
  for (const key of ["annotations", "ground_truth", "ground_truth_list"] as const) {
    const data = { source: "folder", root: "/nowhere", test: "test", [key]: "lost.txt" } as const;
    const error = await assertRejects(
      () => scorePlaces(config(data, "snippets"), [video("a.npy")], { asked: [key] }),
    );
    assertEquals(isFault(error), true);
    assertStringIncludes((error as Error).message, `data.${key}=lost.txt`);
    // Those of the model's own configuration may lie on another machine.
    const { warnings } = await scorePlaces(config(data, "snippets"), [video("a.npy")]);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], `data.${key}=lost.txt of the model's configuration`);
    // Without test videos nobody asked for their ground truth: it is what the data set's file says.
    const untested = await scorePlaces(
      config({ ...data, test: null }, "snippets"),
      [video("a.npy")],
    );
    assertEquals(untested.warnings, []);
  }
});

Deno.test("scorePlaces() names videos that the annotations asked for do not have", async () => {
  await withFolder(async (folder) => {
    await writeText(folder, "annotations.txt", annotation);
    const data = { source: "folder", root: folder, annotations: "annotations.txt" } as const;
    const videos = [video("Abuse028_x264.npy"), video("new.npy")];
    const { warnings } = await scorePlaces(config(data, "snippets"), videos, {
      asked: ["annotations"],
    });
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], 'nothing of 1 of 2 videos: "new"');
  });
});
