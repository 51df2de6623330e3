import { assert, assertEquals, assertMatch } from "@std/assert";
import { basename } from "node:path";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { evalSchema } from "../../src/config/schema/eval.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { hasShared, shared } from "../support/shared.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { annotations, opened, refuses, tests, valueAt, writeDataset } from "./small_dataset.ts";

Deno.test("openDataset reads folders: classes, sizes, pooled training and full-length test videos", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const dataset = await opened(folder);
    assertEquals([dataset.name, dataset.dim, dataset.crops], [basename(folder), 4, 2]);
    // Paths are told below data.root, so that features are the same wherever they lie.
    assertMatch(
      dataset.provenance,
      /^i3d features, \d+ training videos in train, \d+ test videos in test, mean norm/,
    );
    const named = await opened(folder, { name: "ours" });
    assertEquals(named.name, "ours");
    assertEquals(dataset.groundTruthRule, "rtfm_inclusive_ceil");
    assertEquals(dataset.classes.length, 14);
    assertEquals(dataset.warnings, []);
    assertEquals(
      dataset.train.map((
        { id, className, classId, anomalous },
      ) => [id, className, classId, anomalous]),
      [["Abuse001_x264", "Abuse", 1, true], ["Normal_Videos001_x264", "Normal", 0, false]],
    );
    const train = await dataset.train[0].load();
    assertEquals([train.crops, train.snippets, train.dim, train.length], [2, 4, 4, 4]);
    const test = await dataset.test[1].load();
    assertEquals([test.crops, test.snippets, test.dim], [2, 9, 4]);
    // Snippet 7 of crop 1, channel 3: the axes are those of the file.
    const found = test.values[(1 * 9 + 7) * 4 + 3];
    assertEquals(found, Math.fround(1 + 0.01 * valueAt(1, 7, 3)));
  });
});

Deno.test("openDataset gives the ground truth by the configured rule, clipped to the features", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const truths = async (change: Partial<DataConfig>) => {
      const { test, groundTruthRule } = await opened(folder, change);
      return [
        groundTruthRule,
        ...test.map((video, i) => [
          video.groundTruthFrames(tests[i][1]),
          ...video.groundTruth(tests[i][1]).map(({ start, end }) => `${start}-${end}`),
        ]),
      ];
    };
    assertEquals(
      await truths({}),
      ["rtfm_inclusive_ceil", [80, "20-41"], [144, "0-10", "100-144"], [48]],
    );
    assertEquals(
      await truths({ ground_truth_rule: "vadclip_half_open_floor" }),
      ["vadclip_half_open_floor", [80, "20-40"], [144, "0-9", "100-144"], [48]],
    );
    // Pooled test videos cover the frames of their full length.
    const { test } = await opened(folder, { segments_test: 4 });
    assertEquals((await test[1].load()).snippets, 4);
    assertEquals(test[1].groundTruthFrames(4), 144);
    await refuses(
      () => opened(folder, { ground_truth_rule: "original_one_based_inclusive" }),
      RangeError,
      '"Abuse028_x264"',
      "frame count",
    );
  });
});

Deno.test("openDataset takes frame counts from the annotations where files are pooled", async () => {
  await withFolder(async (folder) => {
    for (const id of ["Abuse028_x264", "Normal_Videos_003_x264"]) {
      await writeFeatures(folder, `test/${id}.npy`, "TD", [4, 4]);
    }
    const rows = "Abuse/Abuse028_x264.mp4 1412 Abuse 165 240 -1 -1\n" +
      "Testing_Normal_Videos_Anomaly/Normal_Videos_003_x264.mp4 900 Normal -1 -1 -1 -1\n";
    await writeText(folder, "annotations.txt", rows);
    const repeated = await opened(folder, { train: null });
    assertEquals(repeated.test[0].groundTruthFrames(4), 64);
    assertEquals(repeated.warnings.length, 1);
    assert(repeated.warnings[0].includes("eval.spread=segments data.frame_counts=annotations"));
    const counted = { train: null, frame_counts: "annotations" } as const;
    const still = await opened(folder, counted);
    assertEquals(still.warnings, repeated.warnings);
    const spread = await opened(folder, counted, { spread: "segments" });
    assertEquals(spread.warnings, []);
    assertEquals(spread.test[0].videoFrames, 1412);
    assertEquals(spread.test[0].groundTruthFrames(4), 1424);
    assertEquals(spread.test[0].groundTruth(4), [{ start: 165, end: 241 }]);
  });
});

Deno.test("openDataset reads stored frame labels by video, whatever file names they stand under", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const labels = Object.fromEntries(tests.map(([id, snippets]) => [
      `${id}_i3d.npy`,
      Array.from(
        { length: 16 * snippets },
        (_, i) => Number(id.startsWith("A") && i >= 3 && i < 7),
      ),
    ]));
    await writeText(folder, "ground_truth.json", JSON.stringify(labels));
    const { test, groundTruthRule } = await opened(folder, { ground_truth: "ground_truth.json" });
    assertEquals(groundTruthRule, "as stored in ground_truth.json");
    assertEquals(test[0].groundTruth(5), [{ start: 3, end: 7 }]);
    assertEquals(test[2].groundTruth(3), []);
  });
});

Deno.test("openDataset lists test videos without ground truth, and leaves them out when told to", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    await writeText(folder, "annotations.txt", annotations.split("\n").slice(1).join("\n"));
    await refuses(
      () => opened(folder),
      Error,
      "ground truth of 1 of 3 test videos",
      '"Abuse028_x264"',
      "data.allow_missing_gt=true",
    );
    const dataset = await opened(folder, { allow_missing_gt: true });
    assertEquals(dataset.test.map(({ id }) => id), ["Arson011_x264", "Normal_Videos_003_x264"]);
    assert(
      dataset.warnings[0].includes('left out, they have no frame ground truth: "Abuse028_x264"'),
    );
    await refuses(() => opened(folder, { annotations: null }), Error, "set data.annotations or");
  });
});

Deno.test("openDataset reads files with a magnitude channel beside files without", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    await writeFeatures(folder, "train/Abuse001_x264_i3d.npy", "NTD", [2, 4, 5], () => 2);
    const plain = await opened(folder);
    assertEquals(plain.dim, 4);
    assertEquals((await plain.train[0].load()).dim, 4);
    const asked = await opened(folder, { magnitude: true });
    assertEquals(asked.dim, 4);
    const [kept, made] = await Promise.all(asked.train.map((video) => video.load()));
    assertEquals([kept.dim, kept.values[4]], [5, 2]);
    assertEquals(made.dim, 5);
    await refuses(
      () => opened(folder, { magnitude: true, normalize: "l2" }),
      RangeError,
      "data.normalize=none",
    );
  });
});

Deno.test("openDataset reads lists and stacks the crops they name", async () => {
  await withFolder(async (folder) => {
    const rows: string[] = [];
    for (const [id, snippets] of [["Abuse001_x264", 6], ["Normal_Videos001_x264", 7]] as const) {
      for (let n = 0; n < 3; n++) {
        await writeFeatures(folder, `all/${id}__${n}.npy`, "TD", [snippets + n, 4], () => n + 1);
        rows.push(`D:\\UCF\\${id}__${n}.npy`);
      }
    }
    await writeText(folder, "train.list", rows.join("\r\n"));
    const config = { train: "train.list", test: null, annotations: null };
    const dataset = await opened(folder, { ...config, layout_train: "per_crop" });
    assertEquals(dataset.crops, 3);
    assertEquals(dataset.train.map(({ id }) => id), ["Abuse001_x264", "Normal_Videos001_x264"]);
    const features = await dataset.train[0].load();
    assertEquals([features.crops, features.snippets], [3, 4]);
    assertEquals(features.values[2 * 4 * 4], 3); // first value of crop 2
    await refuses(() => opened(folder, config), RangeError, "set data.layout_train=per_crop");
    await refuses(
      () => opened(folder, { ...config, source: "manifest" }),
      RangeError,
      "set data.source=folder",
    );
  });
});

Deno.test("openDataset reads both splits from one manifest", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const record = (split: string, id: string, label: string) =>
      JSON.stringify({ split, video_id: id, label, path: split, zip_member: null });
    const lines = [
      record("train", "Abuse001_x264", "abnormal"),
      record("train", "Normal_Videos001_x264", "normal"),
      ...tests.map(([id]) => record("test", id, id.startsWith("Normal") ? "normal" : "abnormal")),
    ];
    await writeText(folder, "manifest.jsonl", lines.join("\n"));
    const both = { train: "manifest.jsonl", test: "manifest.jsonl" };
    const dataset = await opened(folder, { source: "manifest", ...both });
    assertEquals(dataset.train.map(({ classId }) => classId), [1, 0]);
    assertEquals(dataset.test.map(({ className }) => className), ["Abuse", "Arson", "Normal"]);
    await refuses(() => opened(folder, both), RangeError, "set data.source=manifest");
    await writeText(folder, "manifest.jsonl", lines.slice(2).join("\n"));
    await refuses(
      () => opened(folder, { source: "manifest", ...both }),
      RangeError,
      'none of its 3 records has the split "train", found "test"',
    );
    await Deno.remove(`${folder}/test/Arson011_x264_i3d.npy`);
    await refuses(
      () => opened(folder, { source: "manifest", ...both, train: null }),
      Error,
      "features of 1 of the 3 test records",
    );
  });
});

Deno.test("openDataset reads XD-Violence: names, crops, annotations of violent videos only", async () => {
  await withFolder(async (folder) => {
    const ids = ["Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0", "v=x__#1_label_A"];
    for (const id of ids) {
      for (let n = 0; n < 5; n++) await writeFeatures(folder, `test/${id}__${n}.npy`, "TD", [4, 3]);
    }
    await writeText(folder, "annotations.txt", `${ids[0]}.mp4 10 20 15 30`);
    const { test, groundTruthRule, crops } = await opened(folder, {
      train: null,
      classes: "xd_violence",
      layout_test: "per_crop",
    });
    assertEquals([groundTruthRule, crops], ["xd_half_open", 5]);
    assertEquals(test.map(({ className }) => className), ["Shooting", "Normal"]);
    assertEquals(test[0].groundTruth(4), [{ start: 10, end: 30 }]);
    assertEquals(test[1].groundTruth(4), []);
  });
});

Deno.test("openDataset makes synthetic videos of the sizes that the model asks for", async () => {
  const config = dataSchema.parse({
    synthetic: { videos_train: 3, videos_test: 13 },
    normalize: "l2",
  });
  const dataset = await openDataset(config, { features: { dim: 16, crops: 2 } });
  assertEquals([dataset.dim, dataset.crops, dataset.name], [16, 2, "synthetic"]);
  assertEquals([dataset.train.length, dataset.test.length], [6, 26]);
  const train = await dataset.train[0].load();
  assertEquals([train.crops, train.snippets, train.dim], [2, 32, 16]);
  assert(await dataset.train[0].load() === train, "kept in memory");
  for (const video of dataset.test) {
    const { snippets } = await video.load();
    assertEquals(video.groundTruthFrames(snippets), 16 * snippets);
    assertEquals(video.groundTruth(snippets).length > 0, video.anomalous);
  }
  const usual = await openDataset(dataSchema.parse({}), { features: { dim: null, crops: null } });
  assertEquals([usual.dim, usual.crops], [2048, 10]);
  const small = dataSchema.parse({ synthetic: { dim: 24, crops: 3 } });
  const own = await openDataset(small, { features: { dim: null, crops: null } });
  assertEquals([own.dim, own.crops], [24, 3]);
  const asked = await openDataset(small, { features: { dim: 16, crops: null } });
  assertEquals([asked.dim, asked.crops], [16, 3], "what a model is made for goes before");
  await refuses(
    () => openDataset(dataSchema.parse({ synthetic: { shortest: 500 } })),
    RangeError,
    "lower data.synthetic.shortest",
  );
});

Deno.test({
  name: "openDataset reads the ten real C3D videos with the official ground truth",
  ignore: !hasShared,
  async fn() {
    const config = dataSchema.parse({
      source: "folder",
      root: shared("data/c3d_sample"),
      train: ".",
      test: ".",
      features: "c3d",
      annotations: shared("data/ucf_crime/UCF_Annotation_with_frames.txt"),
      ground_truth_rule: "original_one_based_inclusive",
    });
    const dataset = await openDataset(config, {
      features: { dim: null, crops: null },
      evaluation: evalSchema.parse({ spread: "segments" }),
    });
    assertEquals([dataset.dim, dataset.crops, dataset.train.length], [4096, 1, 10]);
    assertEquals(dataset.train.filter(({ anomalous }) => anomalous).length, 8);
    assertEquals(dataset.warnings.length, 1); // all ten are in both splits
    const manifest = JSON.parse(Deno.readTextFileSync(shared("data/c3d_sample/manifest.json")));
    for (const [i, video] of dataset.test.entries()) {
      const { video: id, class: className, frames, events, sum } = manifest.files[i];
      assertEquals([video.id, video.className], [id, className]);
      assertEquals([video.videoFrames, video.groundTruthFrames(32)], [frames, frames]);
      assertEquals(
        video.groundTruth(32),
        events.map(([start, end]: number[]) => ({ start: start - 1, end })),
      );
      const { values } = await video.load();
      const found = values.reduce((total, value) => total + value, 0);
      assert(Math.abs(found - sum) < 1e-6 * sum);
    }
  },
});
