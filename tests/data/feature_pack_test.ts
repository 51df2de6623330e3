import { assert, assertEquals } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { FeaturePack } from "../../src/data/feature_pack.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import type { VideoFeatures } from "../../src/data/video.ts";
import { writeFeatures } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const featuresOf = (value: number, snippets = 4): VideoFeatures => ({
  ...{ crops: 2, snippets, dim: 3, length: 2 },
  values: new Float32Array(2 * snippets * 3).fill(value),
});

Deno.test("FeaturePack gives back what it kept, to other processes too, until a file changes", () =>
  withFolder(async (folder) => {
    const file = await writeFeatures(folder, "a.npy", "TD", [8, 3]);
    const place = `${folder}/packs/here`;
    let loads = 0;
    const load = (value: number) => () => {
      loads++;
      return Promise.resolve(featuresOf(value));
    };
    const get = (value: number, made = "4 segments") =>
      new FeaturePack(place, 1e6).get([file], made, load(value));
    assertEquals(await get(1), featuresOf(1));
    assertEquals([await get(2), loads], [featuresOf(1), 1]);
    assertEquals([await get(3, "5 segments"), loads], [featuresOf(3), 2]);
    // Of the same size; a copy that keeps times is told by the time of the copy, in whole seconds.
    await writeFeatures(folder, "a.npy", "TD", [8, 3], () => 7);
    assertEquals([await get(4), loads], [featuresOf(4), 3]);
    // What a power cut left is made anew.
    for (const damage of ["cut", "changed"]) {
      for (const { name } of Deno.readDirSync(place)) {
        const bytes = Deno.readFileSync(`${place}/${name}`);
        if (damage === "changed") bytes[40] ^= 1;
        Deno.writeFileSync(`${place}/${name}`, damage === "cut" ? bytes.subarray(0, 50) : bytes);
      }
      const before = loads;
      assertEquals([await get(5), loads], [featuresOf(5), before + 1], damage);
    }
  }));

Deno.test("FeaturePack goes on keeping after a file was made twice at once", () =>
  withFolder(async (folder) => {
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) => writeFeatures(folder, `${name}.npy`, "TD", [8, 3])),
    );
    const pack = new FeaturePack(`${folder}/packs`, 1e6);
    let loads = 0;
    const get = (file: string) => pack.get([file], "", () => Promise.resolve(featuresOf(++loads)));
    await Promise.all([1, 2, 3, 4].map(() => get(a)));
    await get(b);
    const before = loads;
    await get(b);
    assertEquals([loads, [...Deno.readDirSync(pack.folder)].length], [before, 2]);
  }));

Deno.test("FeaturePack keeps within its bytes, and makes room of what other runs kept", () =>
  withFolder(async (folder) => {
    const files = await Promise.all(
      ["a", "b", "c", "d"].map((name) => writeFeatures(folder, `${name}.npy`, "TD", [8, 3])),
    );
    const place = `${folder}/packs`;
    const each = 32 + 4 * 24;
    const kept = () => [...Deno.readDirSync(place)].length;
    const fill = async (pack: FeaturePack, some: string[]) => {
      for (const file of some) await pack.get([file], "", () => Promise.resolve(featuresOf(1)));
    };
    const first = new FeaturePack(place, 2 * each + 8);
    await fill(first, files.slice(0, 3));
    assertEquals(kept(), 2); // nothing of its own goes
    await Deno.writeTextFile(`${place}/mine.txt`, "mine");
    // What a killed process left goes first, what another one writes now stays.
    const left = `${place}/x.features.1.partial`, now = `${place}/y.features.1.partial`;
    for (const path of [left, now]) await Deno.writeTextFile(path, "part");
    await Deno.utime(left, new Date(0), new Date(0));
    await fill(new FeaturePack(place, 2 * each + 8), files.slice(2));
    const names = [...Deno.readDirSync(place)].map(({ name }) => name);
    assert(!names.includes("x.features.1.partial") && names.includes("y.features.1.partial"));
    assert(kept() <= 4, `${names}`);
    assertEquals(await Deno.readTextFile(`${place}/mine.txt`), "mine");
    let loads = 0;
    await new FeaturePack(place, 2 * each + 8).get([files[3]], "", () => {
      loads++;
      return Promise.resolve(featuresOf(2));
    });
    assertEquals(loads, 0);
    // Where it cannot be written, training goes on.
    await fill(new FeaturePack(`${files[0]}/no`, 1e6), files);
  }));

Deno.test("data.pack reads long videos and crops once, with the same values", () =>
  withFolder(async (folder) => {
    for (let i = 0; i < 2; i++) {
      for (const name of ["Abuse", "Normal_Videos"]) {
        const id = `${name}00${i}_x264`;
        await writeFeatures(folder, `long/${id}.npy`, "TND", [9 + i, 2, 3]);
        await writeFeatures(folder, `short/${id}.npy`, "TND", [4, 2, 3]);
        for (const crop of [0, 1]) {
          await writeFeatures(folder, `crops/${id}__${crop}.npy`, "TD", [4, 3]);
        }
      }
    }
    const open = (train: string, change: Partial<DataConfig>) =>
      openDataset(dataSchema.parse({
        ...{ source: "folder", root: folder, train, segments: 4, cache_mb: 0, magnitude: true },
        layout_train: train === "crops" ? "per_crop" : "snippets_first",
        ...change,
      }));
    for (const [train, packs] of [["long", 4], ["crops", 4], ["short", 0]] as const) {
      const pack = `${folder}/pack_${train}`;
      const read = async (change: Partial<DataConfig>) => {
        const { train: videos } = await open(train, change);
        return await Promise.all(videos.map(async (video) => ({ ...await video.load() })));
      };
      const plain = await read({});
      for (let pass = 0; pass < 2; pass++) assertEquals(await read({ pack }), plain);
      const names = packs === 0 ? [] : [...Deno.readDirSync(pack)];
      assertEquals(names.length, packs, train);
      if (packs === 0) continue;
      // The values do come from there.
      const [{ name }] = names;
      await Deno.remove(`${pack}/${name}`);
      assertEquals(await read({ pack }), plain);
      assert([...Deno.readDirSync(pack)].some((entry) => entry.name === name));
      await read({ pack, segments: 2 });
      assertEquals([...Deno.readDirSync(pack)].length, 2 * packs);
    }
  }));
