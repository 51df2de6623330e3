import { assertEquals, assertRejects } from "@std/assert";
import { writeManifest } from "../../src/commands/write_manifest.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { readManifest } from "../../src/data/manifest.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { silent as progress } from "../../src/progress.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { arrayOf, writeFeatures, writeText } from "../data/temporary_features.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { writeField } from "../support/field_inputs.ts";
import { withFolder } from "../support/temporary_folder.ts";

const configured = (folder: string, ...settings: string[]) =>
  resolveConfig({
    overrides: ["runner=mil", "data=features", `data.root=${folder}`, ...settings],
    catalog,
  });
const write = (folder: string, out: string, ...settings: string[]) =>
  writeManifest(configured(folder, ...settings), {
    out,
    said: { extractor: "x3d" },
    sums: true,
    overwrite: false,
    progress,
  });

/** What a run sees of a data set. */
async function seen(folder: string, ...settings: string[]) {
  const { train, test, features, warnings } = await openDataset(
    configured(folder, ...settings).data,
  );
  const videos = await Promise.all([...train, ...test].map(async ({ id, classId, load }) => {
    return [id, classId, [...(await load()).values]];
  }));
  return { videos, warnings, stated: features?.test?.stated };
}

Deno.test("writeManifest() writes what a run reads in place of folders, as lines and as a table", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const own = await seen(folder);
    for (const ending of ["jsonl", "parquet"]) {
      const out = `${folder}/manifest.${ending}`;
      assertEquals(await write(folder, out), { out, records: 32, videos: { train: 24, test: 8 } });
      const manifest = ["data.source=manifest", `data.train=${out}`, `data.test=${out}`];
      const read = await seen(folder, ...manifest);
      assertEquals([read.videos, read.warnings], [own.videos, own.warnings], ending);
      const { extractor, scale, sha256 } = read.stated!;
      assertEquals([extractor, scale, sha256?.length], ["x3d", 2.06, 64]);
      await assertRejects(() => write(folder, out), Error, "it exists");
    }
    const [record] = (await Deno.readTextFile(`${folder}/manifest.jsonl`)).split("\n");
    const { video_id: id, label, class: name, path, n_crops: crops, shape, dtype } = JSON.parse(
      record,
    );
    assertEquals([id, label, name, path, crops, shape, dtype], [
      ...["Abuse000_x264", "abnormal", "Abuse", "train/Abuse000_x264_i3d.npy"],
      ...[2, [6, 2, 4], "float32"],
    ]);
  }));

Deno.test("a run refuses files that are not those its manifest was made of", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const out = `${folder}/manifest.jsonl`;
    await write(folder, out);
    await writeFeatures(folder, "test/Abuse100_x264_i3d.npy", "TND", [60, 2, 4], () => 1.01);
    const manifest = ["data.source=manifest", `data.train=${out}`, `data.test=${out}`];
    await assertRejects(() => seen(folder, ...manifest), RangeError, "1 of 8 files");
    await assertRejects(() => seen(folder, ...manifest), RangeError, "Abuse100_x264_i3d.npy");
  }));

Deno.test("writeManifest() names members of archives, crops in their files, and own classes", () =>
  withFolder(async (folder) => {
    const rows: string[] = [];
    const members: Record<string, Uint8Array> = {};
    for (const [name, label] of [["a", "Abnormal"], ["b", "Normal"], ["c", "Normal"]]) {
      for (let crop = 0; crop < 2; crop++) {
        const values = arrayOf("TD", [3, 2], (_, t, d) => 1 + crop + 0.1 * (t + d) + name.length);
        members[`in/${name}__${crop}.npy`] = encodeNpy([3, 2], values);
      }
      rows.push(`${name},${label}\n`);
    }
    await Deno.writeFile(`${folder}/all.zip`, await zipOf(members, 0));
    await writeText(folder, "list.csv", rows.join(""));
    const settings = [
      "data.classes=binary",
      "data.train=list.csv",
      "data.test=null",
      "data.layout_train=per_crop",
    ];
    const own = await seen(folder, ...settings);
    assertEquals(own.videos.map(([id, classId]) => [id, classId]), [["a", 1], ["b", 0], ["c", 0]]);
    const out = `${folder}/m.parquet`;
    assertEquals((await write(folder, out, ...settings)).records, 6);
    assertEquals((await readManifest(out))[1].path, "all.zip/in/a__1.npy");
    const manifest = ["data.source=manifest", `data.train=${out}`];
    assertEquals((await seen(folder, ...settings, ...manifest)).videos, own.videos);
    const nothing = write(folder, `${folder}/n.jsonl`, "data.train=null", "data.test=null");
    await assertRejects(() => nothing, Error, "no videos");
    await assertRejects(() => write(folder, `${folder}/m.csv`), RangeError, "end in .jsonl");
  }));
