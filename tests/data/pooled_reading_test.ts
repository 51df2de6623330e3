import { assert, assertEquals, assertRejects } from "@std/assert";
import { type FileFeatures, readFeatures, type ReadOptions } from "../../src/data/feature_file.ts";
import { prepareFeatures } from "../../src/data/prepare_features.ts";
import { encodeNpy, type NpyData } from "../../src/io/npy.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SEGMENTS = 4, PIECE_BYTES = 1000;

/** The largest part that `work` asks any file for, and whether it asks for one whole. */
async function readsOf(work: () => Promise<unknown>): Promise<{ most: number; whole: boolean }> {
  const { open, readFile } = Deno;
  let most = 0, whole = false;
  Deno.readFile = (...given) => (whole = true, readFile(...given));
  Deno.open = async (...given) => {
    const file = await open(...given);
    const read = file.read.bind(file);
    file.read = (into) => (most = Math.max(most, into.length), read(into));
    return file;
  };
  try {
    await work();
  } finally {
    Object.assign(Deno, { open, readFile });
  }
  return { most, whole };
}

const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i) * 3);

/** Files of 3 crops and 53 snippets of 5 channels, the last of them the magnitude. */
const FILES: [string, ReadOptions, number[], (from: Float32Array) => NpyData][] = [
  ["crops first", { layout: "crops_first" }, [3, 53, 5], (from) => from],
  ["snippets first", { layout: "snippets_first" }, [53, 3, 5], (from) => from],
  ["float16", { layout: "crops_first" }, [3, 53, 5], (from) => new Float16Array(from)],
  ["float64", { layout: "snippets_first" }, [53, 3, 5], (from) => new Float64Array(from)],
  ["one crop of several", { layout: "crops_first", crop: 1 }, [3, 53, 5], (from) => from],
  ["one crop between others", { layout: "snippets_first", crop: 2 }, [53, 3, 5], (from) => from],
  ["a magnitude", { layout: "crops_first", dim: 4, keepMagnitude: true }, [3, 53, 5], (x) => x],
];

for (const reduce of ["mean", "sample", "interpolate"] as const) {
  for (const [name, options, shape, kind] of FILES) {
    Deno.test(`a large file is pooled piece by piece, to the same bits: ${reduce}, ${name}`, () =>
      withFolder(async (folder) => {
        const path = `${folder}/a.npy`;
        const data = kind(values(shape.reduce((a, b) => a * b)));
        await Deno.writeFile(path, encodeNpy(shape, data));
        const prepared = async (given: ReadOptions) =>
          prepareFeatures(
            await readFeatures(path, given),
            { reduce, pad: false, normalize: "l2", magnitude: true },
            SEGMENTS,
          );
        const expected = await prepared(options);
        const pooling = { segments: SEGMENTS, reduce, pieceBytes: PIECE_BYTES };
        const { most, whole } = await readsOf(async () =>
          assertEquals(await prepared({ ...options, pooling }), expected)
        );
        assert(!whole && most <= PIECE_BYTES, `${most} bytes were read at once`);
      }));
  }
}

Deno.test("large files of one crop each are pooled piece by piece, cut to the shortest", () =>
  withFolder(async (folder) => {
    const lengths = [53, 50, 51];
    const paths = lengths.map((_, n) => `${folder}/${n}.npy`);
    for (const [n, length] of lengths.entries()) {
      await Deno.writeFile(paths[n], encodeNpy([length, 5], values(length * 5)));
    }
    const plain = { reduce: "mean", pad: false, normalize: "none", magnitude: false } as const;
    const expected = prepareFeatures(await readFeatures(paths), plain, SEGMENTS);
    const pooling = { segments: SEGMENTS, reduce: "mean", pieceBytes: PIECE_BYTES } as const;
    let found: FileFeatures | undefined;
    const { most, whole } = await readsOf(async () => {
      found = await readFeatures(paths, { pooling });
    });
    assertEquals(prepareFeatures(found!, plain, SEGMENTS), expected);
    assert(!whole && most <= PIECE_BYTES);
  }));

Deno.test("a value that is not finite is named by its place in the whole file", () =>
  withFolder(async (folder) => {
    const data = values(3 * 53 * 5);
    data[(1 * 53 + 40) * 5 + 2] = NaN;
    await Deno.writeFile(`${folder}/a.npy`, encodeNpy([3, 53, 5], data));
    await assertRejects(
      () =>
        readFeatures(`${folder}/a.npy`, {
          layout: "crops_first",
          pooling: { segments: SEGMENTS, reduce: "mean", pieceBytes: PIECE_BYTES },
        }),
      RangeError,
      "the value at [1, 40, 2] is NaN",
    );
  }));

Deno.test("a file that is read whole comes by one call to the system", () =>
  withFolder(async (folder) => {
    const paths = ["a__0.npy", "a__1.npy"].map((name) => `${folder}/${name}`);
    for (const path of paths) await Deno.writeFile(path, encodeNpy([8, 5], values(40)));
    const pooling = { segments: SEGMENTS, reduce: "mean", pieceBytes: PIECE_BYTES } as const;
    for (const source of [paths.slice(1), paths]) {
      for (const given of [{}, { pooling }]) {
        // The sizes of both together are less than a piece.
        const { most, whole } = await readsOf(() => readFeatures(source, given));
        assert(whole && most === 0, `${most} bytes were read from an open file`);
      }
    }
  }));
