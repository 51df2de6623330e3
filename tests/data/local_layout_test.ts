/** Data sets where the Hub and the seed project put them: zips below the root, `data.variant`. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import { dumpConfig, parseResolvedConfig, resolveConfig } from "../../src/config/resolve_config.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { dataSets } from "../../src/sets/index.ts";
import { registry } from "../../src/model/registry.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { arrayOf, writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const resolved = (...overrides: string[]): ResolvedConfig =>
  resolveConfig({ catalog: registry, overrides: ["runner=mil", ...overrides] });

const small = ["data.dim=4", "data.crops=2", "data.normalize=none"];

const features = (axes: string, shape: number[]) => encodeNpy(shape, arrayOf(axes, shape));

Deno.test("data=ucf_crime_i3d_seg32 opens the Hub's archives as they are downloaded", async () => {
  await withFolder(async (folder) => {
    // Folders in front of names, entries of folders and other members come with the real ones.
    const train = await zipOf({
      "train/Abuse001_x264_i3d.npy": features("NTD", [2, 32, 4]),
      "train/Normal_Videos001_x264_i3d.npy": features("NTD", [2, 32, 4]),
      "train/readme.md": new Uint8Array(3),
    }, 0);
    const test = await zipOf({ "Arson011_x264_i3d.npy": features("TND", [2, 2, 4]) }, 5);
    for (const place of ["", "features/i3d/"]) {
      const root = join(folder, place === "" ? "hub" : "local");
      Deno.mkdirSync(join(root, place), { recursive: true });
      Deno.writeFileSync(join(root, place, "train.zip"), train);
      Deno.writeFileSync(join(root, place, "test.zip"), test);
      const labels = {
        "Arson011_x264_i3d.npy": [...new Array(20).fill(0), ...new Array(12).fill(1)],
      };
      const json = place === "" ? "ground_truth.json" : "annotations/ground_truth.json";
      await writeText(root, json, JSON.stringify(labels));
      const { data } = resolved("data=ucf_crime_i3d_seg32", `data.root=${root}`, ...small);
      const dataset = await openDataset(data);
      assertEquals(dataset.train.map(({ id }) => id), [
        "Abuse001_x264",
        "Normal_Videos001_x264",
      ]);
      const { crops, snippets } = await dataset.train[0].load();
      assertEquals([crops, snippets], [2, 32]);
      assertEquals(dataset.test[0].groundTruth(2), [{ start: 20, end: 32 }]);
    }
  });
});

Deno.test("data.variant chooses folders and what is known of their files, below the command line", () => {
  const facts = ({ data }: ResolvedConfig) => [
    data.train,
    data.layout_train,
    data.layout_test,
    data.dim,
    data.train_crops,
  ];
  const of = (...overrides: string[]) => facts(resolved("data=ucf_crime", ...overrides));
  assertEquals(of(), ["features/i3d/train", "crops_first", "snippets_first", 2048, "together"]);
  assertEquals(of("data.variant=i3d_1024_seg200_pc"), [
    "features/i3d_1024_seg200_pc/train",
    "per_crop",
    "snippets_first",
    1024,
    "each",
  ]);
  assertEquals(of("data.variant=languagebind_10crop").slice(1, 4), [
    "crops_first",
    "crops_first",
    768,
  ]);
  assertEquals(of("data.layout_train=per_crop", "data.variant=i3d")[1], "per_crop");
  assertEquals(of("data.variant=mine")[0], "features/mine/train");
  // A run that is read again keeps what was set against its variant.
  const run = dumpConfig(resolved("data=ucf_crime", "data.layout_train=per_crop"));
  const again = (...overrides: string[]) =>
    facts(parseResolvedConfig(run, "config.yaml", { catalog: registry, overrides }));
  assertEquals(again()[1], "per_crop");
  assertEquals(again("data.cache_mb=7")[1], "per_crop");
});

Deno.test("every known variant has settings that the schema takes", () => {
  for (const variant of Object.keys(dataSets.ucf_crime.variants!)) {
    const { data } = resolved("data=ucf_crime", `data.variant=${variant}`);
    for (const [key, value] of Object.entries(dataSets.ucf_crime.variants![variant].settings)) {
      assertEquals(data[key as keyof typeof data], value, `${variant} ${key}`);
    }
  }
});

Deno.test("VadCLIP's dump sorted into features/clip is read with data.variant=clip", async () => {
  await withFolder(async (folder) => {
    for (const split of ["train", "test"]) {
      for (
        const id of split === "train"
          ? ["Abuse001_x264", "Normal_Videos001_x264"]
          : ["Arson011_x264"]
      ) {
        for (let crop = 0; crop < 2; crop++) {
          await writeFeatures(folder, `features/clip/${split}/${id}__${crop}.npy`, "TD", [6, 4]);
        }
      }
    }
    const row = "Arson011_x264.mp4  Arson  3  20  -1  -1\n";
    await writeText(folder, "annotations/Temporal_Anomaly_Annotation.txt", row);
    const { data } = resolved(
      "data=ucf_crime",
      "data.variant=clip",
      `data.root=${folder}`,
      ...small,
    );
    const dataset = await openDataset(data);
    assertEquals([dataset.train.length, dataset.crops], [2, 2]);
    // VadCLIP's lists, over the dump as it comes: ten crops in training, crop 5 in test.
    const ids = ["Abuse001_x264", "Normal_Videos001_x264"];
    const rows = ids.flatMap((id) =>
      [0, 1].map((crop) => `/h/${id}__${crop}.npy,${id.slice(0, 5)}`)
    );
    await writeText(folder, "train.csv", rows.join("\r\n").replaceAll(",Norma", ",Normal"));
    await writeText(folder, "test.csv", "path,label\r\n/h/Arson011_x264__1.npy,Arson\r\n");
    const listed = resolveConfig({
      catalog: registry,
      overrides: [
        "runner=vadclip",
        "data=ucf_crime",
        "data.variant=clip",
        `data.root=${folder}`,
        "data.dim=4",
        "data.train=train.csv",
        "data.test=test.csv",
        "data.test_crop=1",
      ],
    });
    const fromLists = await openDataset(listed.data);
    assertEquals([fromLists.train.length, fromLists.test.length], [4, 1]);
    const error = await assertRejects(() => openDataset({ ...data, train: "features/clap/train" }));
    assert(String(error).includes("features/clap/train"), String(error));
  });
});
