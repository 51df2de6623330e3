import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFeatures } from "../../src/data/feature_file.ts";
import { openParts } from "../../src/data/feature_parts.ts";
import { prepareFeatures } from "../../src/data/prepare_features.ts";
import type { VideoFeatures } from "../../src/data/video.ts";
import { encodeNpy, type NpyData } from "../../src/io/npy.ts";
import { withFolder } from "../support/temporary_folder.ts";

const [CROPS, SNIPPETS, DIM] = [3, 53, 5];
const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i) * 3);

/** Crop `n` of a video in memory, its snippets [from, to). */
function placeOf({ snippets, dim, values }: VideoFeatures, n: number, from: number, to: number) {
  const at = (n * snippets + from) * dim;
  return [...values.subarray(at, at + (to - from) * dim)];
}

const LAYOUTS = [["crops_first", [CROPS, SNIPPETS, DIM]], [
  "snippets_first",
  [SNIPPETS, CROPS, DIM],
]] as const;
const KINDS: [string, (from: Float32Array) => NpyData][] = [
  ["float32", (from) => from],
  ["float16", (from) => new Float16Array(from)],
];
const PREPARATIONS = [
  { reduce: "mean", pad: false, normalize: "none", magnitude: false },
  { reduce: "mean", pad: false, normalize: "l2", magnitude: true },
] as const;

for (const [layout, shape] of LAYOUTS) {
  for (const [kind, data] of KINDS) {
    Deno.test(`openParts() reads what readFeatures() does, ${layout}, ${kind}`, () =>
      withFolder(async (folder) => {
        const path = `${folder}/a.npy`;
        await Deno.writeFile(path, encodeNpy([...shape], data(values(CROPS * SNIPPETS * DIM))));
        for (const dim of [DIM, DIM - 1]) { // with a magnitude channel in the file
          for (const preparation of PREPARATIONS) {
            const expected = { layout, dim };
            const read = { ...expected, keepMagnitude: preparation.magnitude };
            const whole = prepareFeatures(await readFeatures(path, read), preparation);
            const parts = await openParts([path], expected, preparation, { largeBytes: 100 });
            const { crops, snippets } = parts!;
            assertEquals([crops, snippets, parts!.dim], [CROPS, SNIPPETS, whole.dim]);
            assertEquals(await parts!.read({}), whole);
            const crop = await parts!.read({ crop: 2 });
            assertEquals([...crop.values], placeOf(whole, 2, 0, SNIPPETS));
            const stretch = await parts!.read({ from: 7, to: 20 });
            assertEquals(stretch.snippets, 13);
            for (let n = 0; n < CROPS; n++) {
              assertEquals(placeOf(stretch, n, 0, 13), placeOf(whole, n, 7, 20));
            }
            const only = await openParts([path], expected, preparation, {
              crop: 1,
              largeBytes: 100,
            });
            assertEquals([only!.crops, only!.snippets], [1, SNIPPETS]);
            assertEquals([...(await only!.read({})).values], placeOf(whole, 1, 0, SNIPPETS));
          }
        }
      }));
  }
}

Deno.test("openParts() reads a file a crop, cut to the shortest", () =>
  withFolder(async (folder) => {
    const lengths = [53, 50, 51], paths = lengths.map((_, n) => `${folder}/a__${n}.npy`);
    for (const [n, length] of lengths.entries()) {
      const shape = n === 1 ? [length, 1, DIM] : [length, DIM];
      await Deno.writeFile(paths[n], encodeNpy(shape, values(length * DIM).map((x) => x + n)));
    }
    const whole = await readFeatures(paths);
    const [plain] = PREPARATIONS;
    const parts = (await openParts(paths, {}, plain, { largeBytes: 100 }))!;
    assertEquals([parts.crops, parts.snippets], [3, 50]);
    assertEquals((await parts.read({})).values, whole.values);
    const stretch = await parts.read({ crop: 2, from: 40, to: 50 });
    assertEquals([...stretch.values], placeOf({ ...whole }, 2, 40, 50));
    const only = (await openParts(paths, {}, plain, { crop: 2, largeBytes: 100 }))!;
    assertEquals([only.crops, only.snippets], [1, 51]); // as one crop of several is read alone
  }));

Deno.test("openParts() leaves small files and packed ones alone", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.npy`, [plain] = PREPARATIONS;
    const shape = [CROPS, SNIPPETS, DIM];
    await Deno.writeFile(path, encodeNpy(shape, values(CROPS * SNIPPETS * DIM)));
    const expected = { layout: "crops_first" } as const;
    assertEquals(await openParts([path], expected, plain), null);
    const bytes = CROPS * SNIPPETS * DIM * 4;
    assertEquals(await openParts([path], expected, plain, { largeBytes: bytes }), null);
    assert(await openParts([path], expected, plain, { largeBytes: bytes - 1 }) !== null);
    const text = `${folder}/a.txt`;
    await Deno.writeTextFile(text, "1 2 3\n4 5 6\n");
    assertEquals(await openParts([text], {}, plain, { largeBytes: 1 }), null);
  }));

Deno.test("a value that is not finite is refused with its place in the file, in whatever part", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.npy`;
    const all = values(CROPS * SNIPPETS * DIM);
    all[(2 * SNIPPETS + 30) * DIM + 4] = NaN;
    await Deno.writeFile(path, encodeNpy([CROPS, SNIPPETS, DIM], all));
    const expected = { layout: "crops_first" } as const;
    const parts = (await openParts([path], expected, PREPARATIONS[0], { largeBytes: 100 }))!;
    await parts.read({ crop: 1 });
    for (const part of [{ crop: 2 }, { from: 20, to: 40 }]) {
      await assertRejects(() => parts.read(part), RangeError, "[2, 30, 4]");
    }
  }));
