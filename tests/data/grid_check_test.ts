import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { type EvalConfig, evalSchema } from "../../src/config/schema/eval.ts";
import { groundTruthRules } from "../../src/sets/ground_truth.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import type { Dataset } from "../../src/data/video.ts";
import { isFault } from "../../src/fault.ts";
import { evaluate } from "../../src/metrics/evaluate.ts";
import { fieldFrames, writeField } from "../support/field_inputs.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, data: Partial<DataConfig> = {}, change: Partial<EvalConfig> = {}) =>
  openDataset(
    dataSchema.parse({
      source: "folder",
      root: folder,
      train: "train",
      test: "test",
      layout_train: "snippets_first",
      segments: 4,
      annotations: "annotations.txt",
      ...data,
    }),
    { evaluation: evalSchema.parse(change) },
  );

/** The evaluation of scores that rise over each video. */
async function evaluated({ test }: Dataset, change: Partial<EvalConfig> = {}) {
  const videos = await Promise.all(test.map(async (video) => {
    const { snippets } = await video.load();
    return {
      ...video,
      scores: Float32Array.from({ length: snippets }, (_, t) => t / snippets),
      frames: video.groundTruthFrames(snippets),
      groundTruth: video.groundTruth(snippets),
      segments: video.segments?.(snippets),
    };
  }));
  return evaluate(videos, evalSchema.parse(change));
}

/** One label a frame of each test video. */
const labelsOf = ({ test }: Dataset, snippets: (k: number) => number) =>
  test.map((video, i) => {
    const T = snippets(i % 4);
    return [video.id, video.groundTruthFrames(T), video.groundTruth(T)];
  });

Deno.test("a snippet every 16 frames is all of the video: nothing is cut and nothing said", async () => {
  await withFolder(async (folder) => {
    await writeField(folder);
    const dataset = await open(folder);
    assertEquals([dataset.warnings, dataset.offGrid], [[], []]);
    const { frames, cut, extended, events, events_cut } = (await evaluated(dataset)).alignment;
    assertEquals([frames, cut, extended, events, events_cut], [8448, 0, 0, 4, 0]);
  });
});

Deno.test("a snippet every 32 frames is told from the frame counts, with the events that are lost and the setting", async () => {
  await withFolder(async (folder) => {
    await writeField(folder, 32);
    for (const rule of groundTruthRules) {
      const dataset = await open(folder, { ground_truth_rule: rule });
      assertEquals(dataset.warnings.length, 1);
      for (
        const text of [
          "8 of 8 test videos",
          '"Abuse100_x264": its features cover 16 x 30 = 480 frames, the video has 960',
          "3 of 4 events lie behind the last snippet",
          "set eval.frames_per_snippet=32",
        ]
      ) assert(dataset.warnings[0].includes(text), dataset.warnings[0]);
      const { alignment } = await evaluated(dataset);
      assertEquals([alignment.frames, alignment.cut], [4224, 4224]);
      assertEquals([alignment.events, alignment.events_cut], [4, 3]);
      assertEquals(alignment.suspicious.length, 8);
      assertEquals(dataset.offGrid.toSorted(), alignment.suspicious.toSorted());
    }
  });
});

Deno.test("eval.frames_per_snippet reaches the ground truth by every rule", async () => {
  await withFolder(async (half) => {
    await writeField(half, 32);
    await withFolder(async (good) => {
      await writeField(good);
      for (const rule of groundTruthRules) {
        const data = { ground_truth_rule: rule };
        const sixteen = await open(good, data);
        const change = { frames_per_snippet: 32 };
        const dataset = await open(half, data, change);
        assertEquals(dataset.warnings, []);
        assertEquals(
          labelsOf(dataset, (k) => fieldFrames(k) / 32),
          labelsOf(sixteen, (k) => fieldFrames(k) / 16),
        );
        const { alignment, metrics } = await evaluated(dataset, change);
        assertEquals([alignment.frames, alignment.cut, alignment.events_cut], [8448, 0, 0]);
        const { roc_auc } = (await evaluated(sixteen)).metrics;
        assert(Math.abs(metrics.roc_auc! - roc_auc!) < 0.02, `${metrics.roc_auc} ${roc_auc}`);
        // Counts of the annotation give the same grid.
        const counted = await open(half, { ...data, frame_counts: "annotations" }, change);
        assertEquals(labelsOf(counted, () => 1), labelsOf(sixteen, (k) => fieldFrames(k) / 16));
      }
    });
  });
});

Deno.test("eval.align=strict refuses features that end before their videos", async () => {
  await withFolder(async (folder) => {
    await writeField(folder, 32);
    const error = await assertRejects(() => open(folder, {}, { align: "strict" }), RangeError);
    assert(isFault(error));
    for (const text of ["Cannot align strictly", "16 x 30 = 480", "960", "frames_per_snippet=32"]) {
      assert(error.message.includes(text), error.message);
    }
    await open(folder, {}, { align: "strict", frames_per_snippet: 32 });
    await writeField(folder, 32, false);
    await assertRejects(() => open(folder, {}, { align: "strict" }), RangeError, "3 of 4 events");
  });
});

Deno.test("without frame counts the events behind the last snippet are counted", async () => {
  await withFolder(async (folder) => {
    await writeField(folder, 32, false);
    const { warnings } = await open(folder);
    assertEquals(warnings.length, 1);
    assert(warnings[0].includes("3 of 4 events lie behind the last snippet"), warnings[0]);
    assert(warnings[0].includes("eval.frames_per_snippet=32"), warnings[0]);
    assertEquals((await open(folder, {}, { frames_per_snippet: 32 })).warnings, []);
  });
});

Deno.test("stored labels are as long as their videos: features of half the length are told", async () => {
  await withFolder(async (folder) => {
    await writeField(folder, 32);
    const labels: Record<string, number[]> = {};
    for (let k = 0; k < 4; k++) {
      labels[`Normal_Videos_${100 + k}_x264`] = new Array(fieldFrames(k)).fill(0);
      labels[`Abuse${100 + k}_x264_i3d.npy`] = new Array(fieldFrames(k)).fill(0).fill(1, 600, 701);
    }
    await writeText(folder, "gt.json", JSON.stringify(labels));
    for (const annotations of [null, "annotations.txt"]) {
      const data = { ground_truth: "gt.json", annotations };
      const { warnings } = await open(folder, data);
      assertEquals(warnings.length, 1);
      assert(warnings[0].includes("16 x 30 = 480 frames, the video has 960"), warnings[0]);
      assert(warnings[0].includes("4 of 4 events"), warnings[0]);
      assert(warnings[0].includes("eval.frames_per_snippet=32"), warnings[0]);
      assertEquals((await open(folder, data, { frames_per_snippet: 32 })).warnings, []);
    }
  });
});

Deno.test("XD-Violence's events behind the last snippet are counted, and follow the setting", async () => {
  await withFolder(async (folder) => {
    const violent = "a.b__#0_label_B1-0-0", normal = "c__#0_label_A";
    await writeFeatures(folder, `test/${violent}.npy`, "TD", [10, 4]);
    await writeFeatures(folder, `test/${normal}.npy`, "TD", [10, 4]);
    await writeText(folder, "annotations.txt", `${violent} 40 60 200 260\n`);
    const data: Partial<DataConfig> = { train: null, classes: "xd_violence" };
    const { warnings, test } = await open(folder, data);
    assert(warnings[0].includes("1 of 2 events lie behind the last snippet"), warnings[0]);
    assert(warnings[0].includes("1 of 2 test videos"), warnings[0]);
    assertEquals(test.map((video) => video.groundTruthFrames(10)), [160, 160]);
    const wide = await open(folder, data, { frames_per_snippet: 32 });
    assertEquals(wide.warnings, []);
    assertEquals(wide.test[0].groundTruthFrames(10), 320);
    assertEquals(wide.test[0].groundTruth(10).at(-1), { start: 200, end: 260 });
  });
});

Deno.test("features of more frames than their videos have are told as well", async () => {
  await withFolder(async (folder) => {
    await writeField(folder, 8);
    const { warnings } = await open(folder);
    assert(warnings[0].includes("16 x 120 = 1920 frames, the video has 960"), warnings[0]);
    assert(warnings[0].includes("set eval.frames_per_snippet=8"), warnings[0]);
    const { alignment } = await evaluated(await open(folder));
    assertEquals([alignment.frames, alignment.extended], [2 * 8448, 8448]);
  });
});

Deno.test("synthetic videos have their events where eval.frames_per_snippet puts them", async () => {
  const config = dataSchema.parse({ dim: 4, crops: 1 });
  const [sixteen, eight] = await Promise.all(
    [16, 8].map((frames_per_snippet) =>
      openDataset(config, { evaluation: evalSchema.parse({ frames_per_snippet }) })
    ),
  );
  const { start, end } = sixteen.test[0].groundTruth(1)[0];
  assertEquals(eight.test[0].groundTruth(1)[0], { start: start / 2, end: end / 2 });
  assertEquals(eight.test[0].groundTruthFrames(1), sixteen.test[0].groundTruthFrames(1) / 2);
});

Deno.test("scores that are equal by frame give equal AUC at any stride, and the cut one another", async () => {
  await withFolder(async (half) => {
    await writeField(half, 32);
    await withFolder(async (good) => {
      await writeField(good);
      const aucOf = async (folder: string, step: number, perSnippet = step) => {
        const change = { frames_per_snippet: perSnippet };
        const { test } = await open(folder, {}, change);
        const videos = await Promise.all(test.map(async (video, v) => {
          const { snippets } = await video.load();
          return {
            ...video,
            // One value for every 32 frames.
            scores: Float32Array.from({ length: snippets }, (_, t) => {
              return Math.fround(Math.sin(v + Math.floor(t * step / 32)));
            }),
            frames: video.groundTruthFrames(snippets),
            groundTruth: video.groundTruth(snippets),
            segments: video.segments?.(snippets),
          };
        }));
        return evaluate(videos, evalSchema.parse(change)).metrics.roc_auc;
      };
      const right = await aucOf(good, 16);
      assertEquals(await aucOf(half, 32), right);
      assert(await aucOf(half, 32, 16) !== right);
    });
  });
});

Deno.test("a crop file that ends before the others is what a video is compared by, or test_crop's alone", async () => {
  await withFolder(async (folder) => {
    for (const [name, T] of [["__0", 60], ["__1", 30]] as const) {
      await writeFeatures(folder, `test/Abuse001_x264${name}.npy`, "TD", [T, 4]);
      await writeFeatures(folder, `test/Normal_Videos_002_x264${name}.npy`, "TD", [60, 4]);
    }
    await writeText(
      folder,
      "annotations.txt",
      "x/Abuse001_x264.mp4 960 Abuse 600 700 -1 -1\nx/Normal_Videos_002_x264.mp4 960 Normal -1 -1 -1 -1\n",
    );
    const data = { train: null, layout_test: "per_crop" } as const;
    const { warnings, offGrid } = await open(folder, data);
    assertEquals(offGrid, ["Abuse001_x264"]);
    assert(warnings[0].includes("16 x 30 = 480 frames, the video has 960"), warnings[0]);
    assert(warnings[0].includes("1 of 1 events lie behind"), warnings[0]);
    assertEquals((await open(folder, { ...data, test_crop: 0 })).offGrid, []);
    assertEquals((await open(folder, { ...data, test_crop: 1 })).offGrid, ["Abuse001_x264"]);
    await writeFeatures(folder, "test/Abuse001_x264__1.npy", "TD", [60, 7]);
    await assertRejects(() => open(folder, data), RangeError, "it has 7 channels a snippet");
  });
});
