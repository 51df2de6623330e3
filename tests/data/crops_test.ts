import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { BatchLoader, type LoaderState } from "../../src/data/batches.ts";
import { type Layout, readFeatures } from "../../src/data/feature_file.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import type { Dataset } from "../../src/data/video.ts";
import { isFault } from "../../src/fault.ts";
import { Random } from "../../src/random.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const annotations = [
  "Abuse028_x264.mp4  Abuse  20  40  -1  -1  ",
  "Normal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1  ",
].join("\n");

const trainIds = ["Abuse001_x264", "Arson002_x264", "Normal_Videos001_x264"];
const testIds = ["Abuse028_x264", "Normal_Videos_003_x264"];

/** Values near 1 that tell crop, snippet and channel; every video has its own. */
const valueOf = (video: number) => (n: number, t: number, d: number) =>
  1 + video / 16 + n / 128 + t / 1024 + d / 8192;

/** Three training and two test videos with N = 3, D = 4, in files of either kind. */
async function writeDataset(folder: string, layout: Layout): Promise<void> {
  for (const [split, ids] of [["train", trainIds], ["test", testIds]] as const) {
    for (const [v, id] of ids.entries()) {
      const T = 6 + v;
      const path = `${split}/${id}_i3d.npy`;
      if (layout === "crops_first") await writeFeatures(folder, path, "NTD", [3, T, 4], valueOf(v));
      if (layout === "snippets_first") {
        await writeFeatures(folder, path, "TND", [T, 3, 4], valueOf(v));
      }
      if (layout === "per_crop") {
        for (let crop = 0; crop < 3; crop++) {
          const value = (_: number, t: number, d: number) => valueOf(v)(crop, t, d);
          await writeFeatures(folder, `${split}/${id}__${crop}.npy`, "TD", [T, 4], value);
        }
      }
    }
  }
  await writeText(folder, "annotations.txt", annotations);
}

const opened = (folder: string, change: Partial<DataConfig>): Promise<Dataset> =>
  openDataset(
    dataSchema.parse({
      source: "folder",
      root: folder,
      train: "train",
      test: "test",
      annotations: "annotations.txt",
      segments: 3,
      ...change,
    }),
    {},
  );

const layouts: Layout[] = ["crops_first", "snippets_first", "per_crop"];

const ofLayout = (layout: Layout) => ({ layout_train: layout, layout_test: layout });

/** Crop n of [N, T, D]. */
function cropOf(features: { crops: number; values: Float32Array }, n: number): Float32Array {
  const size = features.values.length / features.crops;
  return features.values.slice(n * size, (n + 1) * size);
}

Deno.test("readFeatures with a crop gives that crop of the whole, from files of every kind", async () => {
  await withFolder(async (folder) => {
    const files: [string, Layout, string | string[]][] = [
      ["crops first", "crops_first", await writeFeatures(folder, "a.npy", "NTD", [3, 5, 4])],
      ["snippets first", "snippets_first", await writeFeatures(folder, "b.npy", "TND", [5, 3, 4])],
      [
        "per crop",
        "per_crop",
        await Promise.all([0, 1, 2].map((n) => {
          const value = (_: number, t: number, d: number) => 7 * n + t + d / 8;
          return writeFeatures(folder, `c__${n}.npy`, "TD", [5, 4], value);
        })),
      ],
    ];
    for (const [name, layout, paths] of files) {
      for (const keepMagnitude of [false, true]) {
        const options = { layout, dim: keepMagnitude ? 3 : 4, crops: 3, keepMagnitude };
        const whole = await readFeatures(paths, options);
        for (let crop = 0; crop < 3; crop++) {
          const one = await readFeatures(paths, { ...options, crop });
          assertEquals([one.crops, one.snippets, one.dim], [1, 5, whole.dim], name);
          assertEquals(one.values, cropOf(whole, crop), name);
        }
      }
    }
  });
});

Deno.test("readFeatures with a crop names the place of a bad value in the whole file", async () => {
  await withFolder(async (folder) => {
    const bad = (n: number, t: number, d: number) => n === 2 && t === 1 && d === 3 ? NaN : 1;
    const path = await writeFeatures(folder, "a.npy", "NTD", [3, 5, 4], bad);
    await readFeatures(path, { layout: "crops_first", crop: 1 });
    const error = await assertRejects(() => readFeatures(path, { layout: "crops_first", crop: 2 }));
    assert((error as Error).message.includes("[2, 1, 3]"), (error as Error).message);
  });
});

Deno.test("data.train_crops=each makes every crop of every training video a sample", async () => {
  await withFolder(async (folder) => {
    for (const layout of layouts) {
      await Deno.remove(folder, { recursive: true });
      await writeDataset(folder, layout);
      for (const cache_mb of [0, 100]) {
        const together = await opened(folder, ofLayout(layout));
        const each = await opened(folder, { ...ofLayout(layout), cache_mb, train_crops: "each" });
        assertEquals([each.train.length, each.trainVideos, each.crops], [9, 3, 3]);
        for (const [v, id] of trainIds.entries()) {
          const whole = await together.train[v].load();
          for (let crop = 0; crop < 3; crop++) {
            const sample = each.train[3 * v + crop];
            const { className, classId, anomalous } = together.train[v];
            assertEquals(sample.id, `${id}__${crop}`);
            assertEquals(
              [sample.className, sample.classId, sample.anomalous],
              [className, classId, anomalous],
            );
            for (let time = 0; time < 2; time++) {
              const one = await sample.load();
              assertEquals([one.crops, one.snippets, one.length], [1, 3, 3]);
              assertEquals(one.values, cropOf(whole, crop));
            }
          }
        }
        // Tests keep all crops.
        assertEquals((await each.test[1].load()).crops, 3);
      }
    }
  });
});

Deno.test("data.train_crops=each: each side is shuffled over all crops, and a resume is exact", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder, "per_crop");
    const { train } = await opened(folder, { ...ofLayout("per_crop"), train_crops: "each" });
    const loader = () =>
      new BatchLoader(train, { batchSize: 1, classes: 14, seed: 3, loop: "epochs" });
    const whole = loader();
    assertEquals(whole.stepsPerEpoch, 3); // the one normal video is three samples
    const batches: string[] = [], states: LoaderState[] = [];
    for (let i = 0; i < 8; i++) {
      states.push(structuredClone(whole.state()));
      const batch = await whole.next();
      batches.push(batch === null ? "|" : `${batch.ids} ${[...batch.video]}`);
      if (batch !== null) assertEquals(batch.shape, [2, 1, 3, 4]);
    }
    const normal = (from: number) =>
      batches.slice(from, from + 3).map((batch) => batch.split(",")[0]);
    const crops = [0, 1, 2].map((crop) => `Normal_Videos001_x264__${crop}`);
    assertEquals([normal(0).sort(), normal(4).sort()], [crops, crops]);
    for (const [at, state] of states.entries()) {
      const resumed = loader();
      await resumed.restore(state);
      const batch = await resumed.next();
      assertEquals(batch === null ? "|" : `${batch.ids} ${[...batch.video]}`, batches[at]);
      await resumed.dispose();
    }
    await whole.dispose();
  });
});

Deno.test("data.train_crops=random takes one crop of each video, others in other passes, the same after a resume", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder, "crops_first");
    const { train, trainVideos } = await opened(folder, {
      ...ofLayout("crops_first"),
      train_crops: "random",
    });
    assertEquals([train.length, trainVideos], [3, 3]);
    const loader = (seed: number) =>
      new BatchLoader(train, { batchSize: 1, classes: 14, seed, loop: "steps" });
    const whole = loader(0);
    const ids: string[] = [], states: LoaderState[] = [];
    for (let i = 0; i < 40; i++) {
      states.push(structuredClone(whole.state()));
      const batch = (await whole.next())!;
      assertEquals(batch.shape, [2, 1, 3, 4]);
      ids.push(batch.ids.join(" "));
    }
    await whole.dispose();
    const abnormal = ids.map((both) => both.split(" ")[1]);
    for (let pass = 0; pass < 20; pass++) {
      const videos = abnormal.slice(2 * pass, 2 * pass + 2).map((id) => id.split("__")[0]);
      assertEquals(videos.sort(), ["Abuse001_x264", "Arson002_x264"]);
    }
    assertEquals(new Set(abnormal).size, 6); // every crop of both comes up
    for (const at of [1, 17, 38]) {
      const resumed = loader(0);
      await resumed.restore(states[at]);
      assertEquals([(await resumed.next())!.ids.join(" ")], [ids[at]]);
      await resumed.dispose();
    }
    const other = loader(1);
    const others: string[] = [];
    for (let i = 0; i < 40; i++) others.push((await other.next())!.ids.join(" "));
    assert(others.join() !== ids.join(), "the seed decides");
    await other.dispose();
  });
});

Deno.test("data.test_crop scores that crop alone, by number of its file or place in it", async () => {
  await withFolder(async (folder) => {
    for (const layout of layouts) {
      await Deno.remove(folder, { recursive: true });
      await writeDataset(folder, layout);
      const all = await opened(folder, ofLayout(layout));
      const one = await opened(folder, { ...ofLayout(layout), test_crop: 2 });
      for (const [v, id] of testIds.entries()) {
        const features = await one.test[v].load();
        assertEquals([one.test[v].id, features.crops], [id, 1]);
        assertEquals(features.values, cropOf(await all.test[v].load(), 2));
        assertEquals(one.test[v].groundTruthFrames(6), all.test[v].groundTruthFrames(6));
      }
      assertEquals((await one.train[0].load()).crops, 3); // training keeps all crops
    }
  });
});

Deno.test("data.test_crop fits lists that name one crop of each test video, as VadCLIP's", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder, "per_crop");
    const rows = testIds.map((id) => `/home/x/${id.slice(0, 5)}/${id}__2.npy,Abuse`);
    await writeText(
      folder,
      "test.csv",
      `path,label\r\n${rows[0]}\r\n${rows[1].replace(",Abuse", ",Normal")}`,
    );
    const change = {
      ...ofLayout("per_crop"),
      train: "train",
      test: "test.csv",
      train_crops: "each" as const,
    };
    // The splits differ in their number of crops: as samples of one crop that is no contradiction.
    const { test, train } = await opened(folder, { ...change, test_crop: 2 });
    assertEquals([test.length, train.length], [2, 9]);
    const { values } = await test[0].load();
    assertEquals(values[0], Math.fround(valueOf(0)(2, 0, 0)));
    const error = await assertRejects(
      () => opened(folder, { ...change, test_crop: 1 }),
      RangeError,
    );
    assert(isFault(error));
    assertEquals(
      error.message,
      'Cannot test crop 1 of the video "Abuse028_x264": found crop 2 alone; set data.test_crop=2, or null for all crops',
    );
  });
});

Deno.test("data.train_crops and data.test_crop on synthetic data give the crops of the same videos", async () => {
  const of = (change: Partial<DataConfig>) =>
    openDataset(
      dataSchema.parse({
        crops: 3,
        dim: 16,
        segments: 4,
        synthetic: { videos_train: 2, videos_test: 2 },
        ...change,
      }),
      {},
    );
  const whole = await of({});
  const apart = await of({ train_crops: "each", test_crop: 1 });
  assertEquals(apart.train.length, 12);
  for (const [i, sample] of apart.train.entries()) {
    const video = whole.train[Math.floor(i / 3)];
    assertEquals(sample.id, `${video.id}__${i % 3}`);
    assertEquals((await sample.load()).values, cropOf(await video.load(), i % 3));
  }
  assertEquals((await apart.test[3].load()).values, cropOf(await whole.test[3].load(), 1));
  await assertRejects(() => of({ test_crop: 3 }), RangeError, "found crops 0, 1, 2");
});

Deno.test("data.reduce=random reads no crop but the one that is drawn", () =>
  withFolder(async (folder) => {
    // Values that are not finite are refused where they are read.
    for (const [layout, axes] of [["crops_first", "NTD"], ["snippets_first", "TND"]] as const) {
      for (const id of ["Abuse001_x264", "Normal_Videos001_x264"]) {
        const shape = layout === "crops_first" ? [3, 9, 2] : [9, 3, 2];
        const value = (n: number, t: number) => n === 1 ? t : NaN;
        await writeFeatures(folder, `${layout}/${id}.npy`, axes, shape, value);
      }
      const { train } = await openDataset(dataSchema.parse({
        ...{ source: "folder", root: folder, train: layout, layout_train: layout },
        ...{ crops: 3, segments: 4, reduce: "random", train_crops: "random", cache_mb: 0 },
      }));
      for (const { crops } of train) {
        const { values } = await crops![1].load(new Random(1, "rows"));
        assertEquals([values.length, values.every(Number.isFinite)], [8, true]);
        await assertRejects(() => crops![0].load(new Random(1, "rows")), RangeError, "NaN");
      }
    }
  }));
