import { assert, assertEquals } from "@std/assert";
import { dataSchema } from "../../src/config/schema/data.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { constantWarning } from "../../src/data/constant_files.ts";
import { inspectFeatures } from "../../src/data/feature_file.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { writeFeatures } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("files that are all zero, or hold one value everywhere, are named", async () => {
  await withFolder(async (folder) => {
    const write = (name: string, value: (n: number, t: number, d: number) => number) =>
      writeFeatures(folder, `train/${name}_x264.npy`, "TND", [40, 4, 64], value);
    const opened = () =>
      openDataset(dataSchema.parse({
        source: "folder",
        root: folder,
        train: "train",
        layout_train: "snippets_first",
      }));
    await write("Abuse001", (n, t, d) => 1 + n + t + d);
    // Constant in its middle alone: 4096 of 10240 values are looked at first.
    await write("Abuse002", (_, t) => t < 3 ? 1 : 0);
    await write("Normal_Videos001", (n, t, d) => 1 + n + t + d);
    assertEquals((await opened()).warnings, []);
    await write("Abuse003", () => 0);
    const [zero] = (await opened()).warnings;
    assert(zero.includes("1 of 4 train files are all zero"), zero);
    assert(zero.includes("Abuse003_x264.npy"), zero);
    await write("Arson004", () => 0.5);
    const [both] = (await opened()).warnings;
    assert(both.includes("2 of 5 train files hold one value everywhere"), both);
    assert(both.includes("Arson004_x264.npy"), both);
  });
});

Deno.test("of packed files some alone are read whole for it", () =>
  withFolder(async (folder) => {
    const members: Record<string, Uint8Array> = {};
    for (let i = 0; i < 48; i++) {
      members[`${String(i).padStart(2, "0")}.npy`] = encodeNpy([40, 64], new Float32Array(2560));
    }
    const path = `${folder}/all.zip`;
    await Deno.writeFile(path, await zipOf(members, 6));
    const videos = Object.keys(members).map((name) => ({ id: name, files: [`${path}/${name}`] }));
    const text = await constantWarning(videos, "train");
    assert(text!.includes("24 of 48 train files are all zero"), text!);
  }));

Deno.test("inspectFeatures() reads the header of a file once where shapes are kept", () =>
  withFolder(async (folder) => {
    const path = await writeFeatures(folder, "a.npy", "TND", [5, 2, 3]);
    const shapes = new Map();
    const first = await inspectFeatures([path], { layout: "snippets_first" }, shapes);
    await Deno.remove(path);
    assertEquals(await inspectFeatures([path], { layout: "snippets_first" }, shapes), first);
  }));

Deno.test("a look at many files tells how far it is, of headers and of values", () =>
  withFolder(async (folder) => {
    const videos = 20;
    for (let i = 0; i < videos; i++) {
      await writeFeatures(folder, `train/Normal_Videos${100 + i}_x264.npy`, "TD", [3, 4]);
    }
    const told: [string, number, number?][] = [];
    await openDataset(dataSchema.parse({ source: "folder", root: folder, train: "train" }), {
      tell: (...about) => told.push(about),
    });
    assertEquals(told, [
      ["reading headers: video", 16, videos],
      ["reading headers: video", videos, videos],
      ["looking at values: train file", 16, videos],
      ["looking at values: train file", videos, videos],
    ]);
  }));
