/** Data sets whose features lie in archives, or in files of other formats than `.npy`. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dataSchema } from "../../src/config/schema/data.ts";
import { filesToScore } from "../../src/commands/score_sources.ts";
import { listFeatureFiles } from "../../src/data/feature_folder.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { mat, matNumbers, zipOf } from "../io/small_tensor_files.ts";
import { arrayOf, writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const IDS = { train: ["Abuse001_x264", "Normal_Videos001_x264"], test: ["Arson011_x264"] };
const ANNOTATIONS = "Arson011_x264.mp4  Arson  3  20  -1  -1\n";
const SHAPES = { train: [2, 6, 3], test: [6, 2, 3] };
const AXES = { train: "NTD", test: "TND" };
const splits = ["train", "test"] as const;

/** The values of every video by its id, as batches get them. */
async function valuesOf(folder: string, settings: Record<string, unknown> = {}) {
  const config = dataSchema.parse({
    source: "folder",
    root: folder,
    annotations: "annotations.txt",
    segments: 3,
    train_crops: "each",
    ...settings,
  });
  const { train, test } = await openDataset(config);
  const all: Record<string, Float32Array> = {};
  for (const video of [...train, ...test]) all[video.id] = (await video.load()).values;
  return all;
}

Deno.test("a data set in zips, stored or packed, gives what its folders give", () =>
  withFolder(async (folder) => {
    await writeText(folder, "annotations.txt", ANNOTATIONS);
    for (const split of splits) {
      const members: Record<string, Uint8Array> = {};
      for (const id of IDS[split]) {
        await writeFeatures(folder, `${split}/${id}_i3d.npy`, AXES[split], SHAPES[split]);
        members[`inside/${id}_i3d.npy`] = encodeNpy(
          SHAPES[split],
          arrayOf(AXES[split], SHAPES[split]),
        );
      }
      members["inside/readme.md"] = new Uint8Array(3);
      await Deno.writeFile(
        `${folder}/${split}.zip`,
        await zipOf(members, split === "train" ? 0 : 6),
      );
    }
    const expected = await valuesOf(folder, { train: "train", test: "test" });
    assertEquals(Object.keys(expected).length, 5);
    assertEquals(await valuesOf(folder, { train: "train.zip", test: "test.zip/inside" }), expected);
    const list = IDS.train.join("\n");
    await writeText(folder, "list.txt", list);
    // Files beside the archives go first; here are none.
    await Deno.remove(`${folder}/train`, { recursive: true });
    await Deno.remove(`${folder}/test`, { recursive: true });
    assertEquals(await valuesOf(folder, { train: "list.txt", test: "test.zip" }), expected);
    const records = splits.flatMap((split) =>
      IDS[split].map((id) =>
        JSON.stringify({
          video_id: id,
          path: `${split}.zip`,
          zip_member: `inside/${id}_i3d.npy`,
          label: id.startsWith("Normal") ? "normal" : "abnormal",
          split,
        })
      )
    );
    await writeText(folder, "manifest.jsonl", records.join("\n"));
    const manifest = "manifest.jsonl";
    assertEquals(
      await valuesOf(folder, { source: "manifest", train: manifest, test: manifest }),
      expected,
    );
    assertEquals(await filesToScore([`${folder}/test.zip`]), [
      `${folder}/test.zip/inside/Arson011_x264_i3d.npy`,
    ]);
    const missing = dataSchema.parse({ source: "folder", root: folder, train: "train.zip/else" });
    const refusal = await assertRejects(() => openDataset(missing));
    assertStringIncludes((refusal as Error).message, "train.zip/else");
  }));

Deno.test("a data set of MATLAB files, texts or .npz archives gives what .npy files give", () =>
  withFolder(async (folder) => {
    const rows = arrayOf("TD", [6, 3]);
    const text = Array.from({ length: 6 }, (_, t) => rows.subarray(3 * t, 3 * t + 3).join(" "));
    const formats: Record<string, Uint8Array> = {
      npy: encodeNpy([6, 3], rows),
      npz: await zipOf({ "arr_0.npy": encodeNpy([6, 3], rows) }, 6),
      mat: mat(matNumbers("feature", 6, rows)),
      txt: new TextEncoder().encode(text.join("\n")),
    };
    const found: Record<string, Record<string, Float32Array>> = {};
    for (const [ending, bytes] of Object.entries(formats)) {
      const root = `${folder}/${ending}`;
      await writeText(root, "annotations.txt", ANNOTATIONS);
      for (const split of splits) {
        await writeText(root, `${split}/readme.txt`, "C3D features of the videos\n");
        for (const id of IDS[split]) {
          await Deno.writeFile(`${root}/${split}/${id}.${ending}`, bytes);
        }
      }
      found[ending] = await valuesOf(root, { train: "train", test: "test" });
      assertEquals(found[ending], found.npy);
    }
  }));

Deno.test("a folder is read in one format, .npy first", () =>
  withFolder(async (folder) => {
    const array = encodeNpy([2, 3], arrayOf("TD", [2, 3]));
    await Deno.writeFile(`${folder}/a.zip`, await zipOf({ "a.npy": array, "b.npy": array }, 0));
    assertEquals(await listFeatureFiles(folder), [
      `${folder}/a.zip/a.npy`,
      `${folder}/a.zip/b.npy`,
    ]);
    await Deno.writeFile(`${folder}/a.npy`, array);
    assertEquals(await listFeatureFiles(folder), [`${folder}/a.npy`]);
  }));

Deno.test("an archive without a single array is a fault that names it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/train.zip`;
    await Deno.writeFile(path, await zipOf({ "read.me": new Uint8Array(3) }, 0));
    const config = dataSchema.parse({ source: "folder", root: folder, train: "train.zip" });
    const error = await assertRejects(
      () => openDataset(config),
      Error,
      "found none in this archive",
    );
    assert(isFault(error));
    await assertRejects(() => filesToScore([path]), Error, "found none in this archive");
  }));
