import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { recognise } from "../../src/data/known_features.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, change: Partial<DataConfig> = {}) =>
  openDataset(dataSchema.parse({
    source: "folder",
    root: folder,
    train: "train",
    test: "test",
    layout_train: "snippets_first",
    segments: 2,
    annotations: "events.txt",
    ...change,
  }));

async function refusal(folder: string, change: Partial<DataConfig> = {}): Promise<string> {
  const error = await assertRejects(() => open(folder, change));
  assertEquals(isFault(error), true, String(error));
  return String(error);
}

/** Rows of the norm in each split; two videos a split. */
async function write(folder: string, dim: number, norms: { train: number; test: number }) {
  for (const [split, norm] of Object.entries(norms)) {
    for (const id of [`Abuse_${split}_x264`, `Normal_${split}_x264`]) {
      const value = (_: number, t: number, d: number) =>
        ((t + d) % 2 ? -1 : 1) * norm / Math.sqrt(dim);
      await writeFeatures(folder, `${split}/${id}.npy`, "TND", [2, 1, dim], value);
    }
  }
  await writeText(
    folder,
    "events.txt",
    "Abuse_test_x264  Abuse  3  9  -1  -1\nNormal_test_x264  Normal  -1  -1  -1  -1",
  );
}

const stated = (folder: string, split: string, says: unknown) =>
  writeText(folder, `${split}/provenance.json`, JSON.stringify(says));

Deno.test("features of two known extractions are refused unless that is asked for", async () => {
  await withFolder(async (folder) => {
    await write(folder, 2048, { train: 2.5, test: 22 });
    const text = await refusal(folder);
    const [train, test] = [2.5, 22].map((norm) => recognise({ dim: 2048, norm }).set!.name);
    assert(text.includes(`"${train}" (norm 2.50) and "${test}" (norm 22.0)`), text);
    assert(text.includes("data.mixed_features=true"), text);
    const { warnings, features } = await open(folder, { mixed_features: true });
    assertEquals(warnings.length, 1);
    assert(warnings[0].includes("not of one extraction"), warnings[0]);
    assertEquals([features?.train?.lineage, features?.test?.lineage], [train, test]);
  });
});

Deno.test("what sets say of themselves is kept, compared and checked", async () => {
  await withFolder(async (folder) => {
    await write(folder, 4, { train: 3, test: 3 });
    const plain = await open(folder);
    assertEquals(plain.features?.train?.stated, null);
    assertEquals(plain.features?.train?.norm, 3);
    // The same rows in both splits have one hash; others do not.
    assertEquals(plain.features?.train?.sample_sha256, plain.features?.test?.sample_sha256);
    await write(folder, 4, { train: 3, test: 4 });
    const other = await open(folder);
    assertEquals(other.features?.train, plain.features?.train);
    assert(other.features?.test?.sample_sha256 !== plain.features?.test?.sample_sha256);

    await stated(folder, "train", { extractor: "x3d_m", crop_order: "centre first", scale: 1 });
    await stated(folder, "test", { extractor: "x3d_m", crop_order: "corners first" });
    const text = await refusal(folder);
    assert(text.includes('crop_order "centre first" and "corners first"'), text);
    await stated(folder, "test", { extractor: "x3d_m", grid: "ceil" });
    const { features, warnings } = await open(folder);
    assertEquals(warnings, []);
    assertEquals(features?.test?.stated, { extractor: "x3d_m", grid: "ceil" });
    // Mean norms are measured, and differ a little between splits of one extraction.
    await stated(folder, "test", { scale: 1.4 });
    assertEquals((await open(folder)).warnings, []);
    await stated(folder, "test", { scale: 2.5 });
    assert((await refusal(folder)).includes("scale 1 and 2.5"));
    await stated(folder, "test", { extractr: "x3d_m" });
    assert((await refusal(folder)).includes("extractr"));
  });
});

Deno.test("features of an extractor that saw the test videos are refused", async () => {
  await withFolder(async (folder) => {
    await write(folder, 4, { train: 3, test: 3 });
    for (
      const says of [
        { tuned_on: "ucf_crime" },
        { tuned_on: ["kinetics", "UCF-Crime/test"] },
        { extractor: "videomae-base-finetuned-ucf-crime" },
      ]
    ) {
      await stated(folder, "test", says);
      const text = await refusal(folder);
      assert(text.includes("it has seen the test videos"), text);
    }
    const folders = "cosmos-embed1-448p-anomaly-detection/test";
    for (const id of ["Abuse_test_x264", "Normal_test_x264"]) {
      await writeFeatures(folder, `${folders}/${id}.npy`, "TND", [2, 1, 4]);
    }
    assert((await refusal(folder, { test: folders })).includes("tuned on data of anomalies"));
    for (const says of [{ tuned_on: ["kinetics", "ucf_crime/train"] }, { extractor: "videomae" }]) {
      await stated(folder, "test", says);
      assertEquals((await open(folder)).test.length, 2);
    }
  });
});

Deno.test("manifests carry the provenance of their videos, one a split", async () => {
  await withFolder(async (folder) => {
    await write(folder, 4, { train: 3, test: 3 });
    const record = (id: string, split: string, extractor: string) =>
      JSON.stringify({
        video_id: id,
        path: `${split}/${id}.npy`,
        event: id.startsWith("Normal") ? "Normal" : "Abuse",
        anomaly: id.startsWith("Normal") ? "Normal" : "Abnormal",
        split,
        provenance: { extractor },
      });
    const manifest = (last: string) =>
      writeText(
        folder,
        "all.jsonl",
        [
          record("Abuse_train_x264", "train", "a"),
          record("Normal_train_x264", "train", last),
          record("Abuse_test_x264", "test", "a"),
        ].join("\n"),
      );
    const change = { source: "manifest", train: "all.jsonl", test: "all.jsonl" } as const;
    await manifest("a");
    const { features } = await open(folder, change);
    assertEquals(features?.train?.stated, { extractor: "a" });
    await manifest("b");
    const text = await refusal(folder, change);
    assert(text.includes("are not of one extraction"), text);
  });
});

Deno.test("normal test videos with anomalous frames are warned of", async () => {
  await withFolder(async (folder) => {
    await write(folder, 4, { train: 3, test: 3 });
    const labels = { Abuse_test_x264: [0, 0], Normal_test_x264: [0, 1] };
    await writeText(folder, "gt.json", JSON.stringify(labels));
    const { warnings } = await open(folder, { ground_truth: "gt.json" });
    assert(
      warnings.some((text) =>
        text.startsWith('1 normal test videos have anomalous frames: "Normal_test_x264"')
      ),
      warnings.join("\n"),
    );
  });
});
