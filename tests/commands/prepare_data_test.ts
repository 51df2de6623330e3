import { assert, assertEquals, assertRejects } from "@std/assert";
import { prepareData, type PrepareRequest } from "../../src/commands/prepare_data.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { openArchive } from "../../src/io/features/open_features.ts";
import { readNpy } from "../../src/io/npy.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { silent as progress } from "../../src/progress.ts";
import { writeFeatures, writeText } from "../data/temporary_features.ts";
import { writeField } from "../support/field_inputs.ts";
import { withFolder } from "../support/temporary_folder.ts";

const dataOf = (...settings: string[]) =>
  resolveConfig({ overrides: ["runner=mil", "data.normalize=none", ...settings], catalog }).data;
const prepare = (
  out: string,
  change: Partial<PrepareRequest>,
  ...settings: string[]
) =>
  prepareData(dataOf(...settings), {
    ...{ out, segments: null, float16: false, perCrop: false, zip: false, sort: null },
    ...{ overwrite: false, progress, ...change },
  });

/** What a run reads. */
async function seen(...settings: string[]) {
  const { train, test } = await openDataset(dataOf("data.segments=4", ...settings));
  const values = new Map<string, number[]>();
  for (const video of [...train, ...test]) {
    const { crops, snippets, values: all } = await video.load();
    values.set(video.id, [video.classId, crops, snippets, ...all]);
  }
  return values;
}

Deno.test("prepareData() pools, packs and splits what a run then reads as the same videos", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    await writeText(folder, "provenance.json", '{"extractor": "x3d", "sha256": "of others"}');
    const own = ["data=features", `data.root=${folder}`];
    const expected = await seen(...own);
    const forms: Partial<PrepareRequest>[] = [
      { segments: 4 },
      { perCrop: true },
      { segments: 4, perCrop: true, zip: true },
      { zip: true },
    ];
    for (const [i, form] of forms.entries()) {
      const out = `${folder}/out${i}`;
      const { files, settings } = await prepare(out, form, ...own);
      const each = form.perCrop ? 2 : 1;
      assertEquals(files, { train: 24 * each, test: 8 * each });
      assertEquals(await seen("data=features", ...settings), expected, `${i}`);
    }
    assertEquals((await readNpy(`${folder}/out0/train/Abuse000_x264_i3d.npy`)).shape, [2, 4, 4]);
    assertEquals((await readNpy(`${folder}/out0/test/Abuse100_x264_i3d.npy`)).shape, [60, 2, 4]);
    assertEquals(
      JSON.parse(await Deno.readTextFile(`${folder}/out0/test/provenance.json`)),
      { extractor: "x3d" },
    );
    const { names } = await openArchive(`${folder}/out2/train.zip`);
    assertEquals(names.slice(0, 2), ["Abuse000_x264__0.npy", "Abuse000_x264__1.npy"]);
    const half = await prepare(`${folder}/half`, { float16: true, segments: 2 }, ...own);
    assertEquals(half.files.train, 24);
    assertEquals((await readNpy(`${folder}/half/train/Abuse000_x264_i3d.npy`)).dtype, "f2");
  }));

Deno.test("prepareData() goes on where it stopped, and overwrites nothing unasked", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const own = ["data=features", `data.root=${folder}`];
    const out = `${folder}/out`, form = { segments: 3 };
    await prepare(out, form, ...own);
    const file = `${out}/train/Abuse003_x264_i3d.npy`, other = `${out}/train/Abuse004_x264_i3d.npy`;
    const bytes = await Deno.readFile(file);
    await Deno.remove(file);
    await Deno.writeTextFile(other, "mine");
    const again = await prepare(out, form, ...own);
    assertEquals([again.files, again.skipped], [{ train: 1, test: 0 }, 31]);
    assertEquals(await Deno.readFile(file), bytes);
    assertEquals(await Deno.readTextFile(other), "mine");
    await prepare(out, { ...form, overwrite: true }, ...own);
    assert((await Deno.readFile(other)).length > 100);
    await prepare(out, { zip: true }, ...own);
    await assertRejects(() => prepare(out, { zip: true }, ...own), Error, "the file exists");
    await writeFeatures(folder, "test/Abuse103_x264_i3d.npy", "TND", [72, 2, 4], () => 1e5);
    const large = () => prepare(`${folder}/zip`, { zip: true, float16: true }, ...own);
    await assertRejects(large, RangeError, 'Abuse103_x264_i3d.npy" to float16');
    assertEquals([...Deno.readDirSync(`${folder}/zip`)].map(({ name }) => name), ["train.zip"]);
    await assertRejects(() => prepare(out, {}, ...own), RangeError, "nothing is to be done");
    const both = { sort: "link", float16: true } as const;
    await assertRejects(() => prepare(out, both, ...own), RangeError, "leaves files as they are");
  }));

Deno.test("prepareData() sorts VadCLIP's dump by the official lists, and counts strays", () =>
  withFolder(async (folder) => {
    const value = (_: number, t: number, d: number) => 1 + t + d / 4;
    for (const place of ["Abuse/Abuse001_x264", "Abuse/Abuse002_x264", "Arson/Arson009_x264"]) {
      for (let crop = 0; crop < 3; crop++) {
        await writeFeatures(folder, `dump/${place}__${crop}.npy`, "TD", [5, 4], value);
      }
    }
    const rows = [0, 1, 2].map((crop) => `/x/Abuse/Abuse001_x264__${crop}.npy,Abuse\r\n`);
    await writeText(folder, "train.csv", `path,label\r\n${rows.join("")}`);
    await writeText(folder, "test.csv", "path,label\r\n/x/Abuse/Abuse002_x264__2.npy,Abuse\r\n");
    const lists = ["data=ucf_crime", "data.variant=clip", `data.root=${folder}/dump`];
    lists.push(`data.train=${folder}/train.csv`, `data.test=${folder}/test.csv`);
    const out = `${folder}/wsad/clip`;
    const { files, strays } = await prepare(out, { sort: "link" }, ...lists);
    // The list of tests names one crop; sorted are all that there are.
    assertEquals([files, strays], [{ train: 3, test: 3 }, 3]);
    const linked = `${out}/test/Abuse002_x264__0.npy`;
    assertEquals(Deno.readLinkSync(linked), "../../../dump/Abuse/Abuse002_x264__0.npy");
    assertEquals((await readNpy(linked)).shape, [5, 4]);
    // The older layout has variants beside the data sets.
    await writeText(folder, "wsad/ucf_crime/annotations.txt", "Abuse002_x264  Abuse  3  9  -1  -1");
    const { test, train } = await openDataset(dataOf(
      ...["data=ucf_crime", "data.variant=clip", "data.dim=4", "data.crops=3"],
      ...[`data.root=${folder}/wsad/ucf_crime`, "data.annotations=annotations.txt"],
    ));
    assertEquals([train, test].map(([{ id }]) => id), ["Abuse001_x264", "Abuse002_x264"]);
    const again = await prepare(out, { sort: "link" }, ...lists);
    assertEquals([again.files.train, again.skipped], [0, 6]);
    const copies = await prepare(`${folder}/copies`, { sort: "copy" }, ...lists);
    assertEquals(copies.files, { train: 3, test: 3 });
  }));

Deno.test("prepareData() keeps the side of own videos in folders", () =>
  withFolder(async (folder) => {
    for (const name of ["a", "b", "c", "d"]) {
      await writeFeatures(folder, `own/${name}.npy`, "TD", [6, 2], (_, t) => 1 + t + name.length);
    }
    await writeText(folder, "list.csv", "a,1\nb,0\nc,Normal\nd,Abnormal\n");
    const list = ["data=binary", `data.root=${folder}/own`, "data.test=null"];
    list.push(`data.train=${folder}/list.csv`);
    const within = () => prepare(`${folder}/own/out`, { float16: true }, ...list);
    await assertRejects(within, RangeError, "would find every video twice");
    const { settings } = await prepare(`${folder}/out`, { float16: true }, ...list);
    assertEquals(await seen("data=binary", ...settings), await seen(...list));
    assert((await Deno.stat(`${folder}/out/train/abnormal/d.npy`)).isFile);
  }));
