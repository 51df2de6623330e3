/** Features of every format through one seam: whole, in part, and out of archives. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { countOf, partOf, type Range } from "../../src/io/array_part.ts";
import { reopenedFile } from "../../src/io/file_stretch.ts";
import type { FeatureReader } from "../../src/io/features/feature_reader.ts";
import {
  listArchive,
  openArchive,
  openFeatures,
  placeInArchive,
} from "../../src/io/features/open_features.ts";
import { openZipFeatures } from "../../src/io/features/zip_features.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { openNpz } from "../../src/io/npz.ts";
import { bytesRead, fortranNpy, numbered } from "./part_files.ts";
import { inMemory, mat, matCell, matNumbers, zipOf } from "./small_tensor_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SHAPE = [3, 4, 5];
const values = numbered(60);

/** Every range of an axis. */
const range = (length: number) =>
  fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]): Range => {
    return [Math.min(a, b), Math.abs(a - b)];
  });

async function assertParts(reader: FeatureReader): Promise<void> {
  assertEquals(reader.shape, SHAPE);
  assertEquals(await reader.whole(), values);
  await fc.assert(
    fc.asyncProperty(fc.tuple(...SHAPE.map(range)), async (ranges) => {
      const part = await reader.part(ranges);
      assertEquals(part.length, countOf(ranges));
      assertEquals(part, partOf(values, SHAPE, ranges));
    }),
    { numRuns: 60 },
  );
  await assertRejects(() => reader.part([[0, 3], [3, 2], [0, 5]]), RangeError, "0+3,3+2,0+5");
}

Deno.test("partOf() takes the places of each axis", () => {
  assertEquals(partOf(values, SHAPE, [[1, 2], [2, 1], [0, 2]]), new Float32Array([30, 31, 50, 51]));
  assertEquals(partOf(values, SHAPE, [[2, 1], [0, 4], [0, 5]]), values.subarray(40));
  assertEquals(partOf(values, SHAPE, [[2, 0], [0, 4], [0, 5]]).length, 0);
});

Deno.test("openFeatures() gives the same whole and parts of every format and kind of number", () =>
  withFolder(async (folder) => {
    const files: Record<string, Uint8Array> = {
      "c.npy": encodeNpy(SHAPE, values),
      "half.npy": encodeNpy(SHAPE, new Float16Array(values)),
      "double.npy": encodeNpy(SHAPE, new Float64Array(values)),
      "fortran.npy": fortranNpy(SHAPE, values),
      "stored.npz": await zipOf({ "x.npy": encodeNpy(SHAPE, values) }, 0),
      "packed.npz": await zipOf({ "x.npy": fortranNpy(SHAPE, values) }, 9),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${folder}/${name}`, bytes);
      await assertParts(await openFeatures(`${folder}/${name}`));
    }
  }));

Deno.test("a crop is read without the others, whatever the order of axes, in zips too", () =>
  withFolder(async (folder) => {
    const [T, N, D] = [40, 5, 8192];
    const all = numbered(T * N * D);
    await Deno.writeFile(`${folder}/c.npy`, encodeNpy([T, N, D], all));
    await Deno.writeFile(`${folder}/f.npy`, fortranNpy([D, T, N], all));
    await Deno.writeFile(
      `${folder}/s.zip`,
      await zipOf({ "a/c.npy": encodeNpy([T, N, D], all) }, 0),
    );
    for (
      const [path, crop] of [
        ["c.npy", [[0, T], [3, 1], [0, D]]],
        ["f.npy", [[0, D], [0, T], [3, 1]]],
        ["s.zip/a/c.npy", [[0, T], [3, 1], [0, D]]],
      ] as [string, Range[]][]
    ) {
      const reader = await openFeatures(`${folder}/${path}`);
      let part: Float32Array | null = null;
      const read = await bytesRead(async () => part = await reader.part(crop));
      assertEquals(part, partOf(all, reader.shape, crop));
      assertEquals(read, 4 * T * D);
    }
  }));

Deno.test("an archive is read through its directory: some kilobytes for a member of megabytes", () =>
  withFolder(async (folder) => {
    const path = `${folder}/big.zip`;
    const array = encodeNpy([500, 1, 512], new Float32Array(256_000).fill(0.5));
    await Deno.writeFile(
      path,
      await zipOf({ "x/a_i3d.npy": array, "x/b_i3d.npy": array, "x/.c.npy": array }, 0),
    );
    const read = await bytesRead(async () => {
      assertEquals(await listArchive(path), [`${path}/x/a_i3d.npy`, `${path}/x/b_i3d.npy`]);
      assertEquals((await openFeatures(`${path}/x/b_i3d.npy`)).shape, [500, 1, 512]);
    });
    assert(read < 100_000, `${read} bytes were read`);
  }));

Deno.test("placeInArchive() splits a path at the archive, and at nothing else", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(
      `${folder}/a.zip`,
      await zipOf({ "t/x.npy": encodeNpy([1], values.slice(0, 1)) }, 0),
    );
    await Deno.mkdir(`${folder}/b.zip`);
    assertEquals(placeInArchive(`${folder}/a.zip/t/x.npy`), {
      archive: `${folder}/a.zip`,
      member: "t/x.npy",
    });
    assertEquals(placeInArchive(`${folder}/a.zip`)?.member, "");
    assertEquals(placeInArchive(`${folder}/b.zip/x.npy`), null);
    assertEquals(placeInArchive(`${folder}/c.zip/x.npy`), null);
    await assertRejects(() => openFeatures(`${folder}/a.zip/y.npy`), Error, "no such member");
  }));

Deno.test("two members of one name, a damaged one, and an archive of several arrays are refused", () =>
  withFolder(async (folder) => {
    const array = encodeNpy([2, 3], numbered(6));
    const write = async (name: string, members: Record<string, Uint8Array>) => {
      const bytes = await zipOf(members, 0);
      await Deno.writeFile(`${folder}/${name}`, bytes);
      return bytes;
    };
    await write("two.zip", { "train/a.npy": array, "test/a.npy": array });
    const refusal = await assertRejects(() => listArchive(`${folder}/two.zip`), SyntaxError);
    assert(
      /"train\/a.npy" and "test\/a.npy".*name the folder: ".*two.zip\/train"/.test(refusal.message),
    );
    assertEquals(await listArchive(`${folder}/two.zip`, "test"), [`${folder}/two.zip/test/a.npy`]);
    await assertRejects(() => openFeatures(`${folder}/two.zip`), RangeError, "holds 2 arrays");
    const bytes = await write("bad.zip", { "a.npy": array });
    bytes[30 + "a.npy".length + array.length - 1] ^= 1;
    await Deno.writeFile(`${folder}/bad.zip`, bytes);
    const damaged = await openFeatures(`${folder}/bad.zip/a.npy`);
    await assertRejects(() => damaged.whole(), SyntaxError, "checksum");
  }));

Deno.test("the directory of an archive is read again when the file has changed", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.zip`;
    const array = encodeNpy([2, 3], numbered(6));
    await Deno.writeFile(path, await zipOf({ "a.npy": array }, 0));
    assertEquals((await openArchive(path)).names, ["a.npy"]);
    await Deno.writeFile(path, await zipOf({ "b.npy": array, "c.npy": array }, 0));
    assertEquals((await openArchive(path)).names, ["b.npy", "c.npy"]);
  }));

Deno.test("openNpz() unpacks no more than the headers until an array is asked for", () =>
  withFolder(async (folder) => {
    // Numbers that deflate cannot shorten much.
    const noise = Float32Array.from({ length: 300_000 }, (_, i) => Math.sin(i * i));
    const path = `${folder}/a.npz`;
    await Deno.writeFile(path, await zipOf({ "w.npy": encodeNpy([300, 1000], noise) }, 6));
    const source = reopenedFile(path, Deno.statSync(path).size);
    const read = await bytesRead(async () => {
      assertEquals((await openNpz(source)).tensors.get("w")!.shape, [300, 1000]);
    });
    assert(read < 100_000, `${read} bytes were read`);
    const long = fortranNpy([2, 3], numbered(6), 2000);
    const packed = await openNpz(inMemory(await zipOf({ "w.npy": long }, 9)));
    assertEquals((await packed.read("w")).shape, [2, 3]);
  }));

Deno.test("MATLAB files and texts of numbers are features", () =>
  withFolder(async (folder) => {
    const rows = new Float32Array([1, 2.5, -3e-2, 4, 5, 6]);
    await Deno.writeFile(
      `${folder}/a.mat`,
      mat(matNumbers("feature", 2, rows), matNumbers("n", 1, [2])),
    );
    await Deno.writeTextFile(`${folder}/a.txt`, "1 2.5 -3e-2 \r\n4\t5,6\n\n");
    for (const name of ["a.mat", "a.txt"]) {
      const reader = await openFeatures(`${folder}/${name}`);
      assertEquals(reader.shape, [2, 3]);
      assertEquals(await reader.whole(), rows);
      assertEquals(await reader.part([[1, 1], [1, 2]]), new Float32Array([5, 6]));
    }
    // Lines without numbers are none, wherever they stand: a spreadsheet ends with commas alone.
    const many = "1 2 3\n".repeat(100);
    await Deno.writeTextFile(`${folder}/blank.txt`, `\n${many}${" ".repeat(80)}4,5,6\n,,\n`);
    const blank = await openFeatures(`${folder}/blank.txt`);
    assertEquals(blank.shape, [101, 3]);
    assertEquals((await blank.whole()).slice(-6), new Float32Array([1, 2, 3, 4, 5, 6]));
    await Deno.writeTextFile(`${folder}/words.txt`, `${many}-inf nan 5\n4 nanny 5\n`);
    const words = await openFeatures(`${folder}/words.txt`);
    await assertRejects(() => words.whole(), SyntaxError, 'line 102: found "nanny"');
    await Deno.writeTextFile(`${folder}/odd.txt`, "1 2 3\n4 5\n");
    const odd = await openFeatures(`${folder}/odd.txt`);
    await assertRejects(() => odd.whole(), SyntaxError, "line 2: it has 2 numbers");
    const two = mat(matNumbers("x", 2, rows), matCell("c", matNumbers("", 2, rows)));
    await Deno.writeFile(`${folder}/two.mat`, two);
    await assertRejects(() => openFeatures(`${folder}/two.mat`), TypeError, 'found "x", "c/0"');
  }));

Deno.test("texts of numbers are read as other programs write them", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    for (
      const text of [
        "1;2.5;-.03\n4;5;6\n",
        "1; 2.5; -0.03;\n4; 5; 6;",
        "\ufeff1,2.5,-3e-2\r\n4,5,6\r\n",
        "# two snippets\n# three channels\n1 2.5 -.03\n4 5 6\n# end\n",
        "1 2.5 -.03\r4 5 6\r",
      ]
    ) {
      await Deno.writeTextFile(path, text);
      const reader = await openFeatures(path);
      assertEquals(reader.shape, [2, 3], text);
      assertEquals(await reader.whole(), new Float32Array([1, 2.5, -3e-2, 4, 5, 6]));
    }
    await Deno.writeTextFile(path, "1,0;2,5\n4,0;5,0\n");
    const commas = await openFeatures(path);
    await assertRejects(() => commas.whole(), SyntaxError, "line 1: it has semicolons and commas");
  }));

Deno.test("what lies beside the features of a video in its file is no second video", () =>
  withFolder(async (folder) => {
    const features = encodeNpy(SHAPE, values);
    const about = encodeNpy([], new Float32Array([30]));
    const texts = encodeNpy([3], numbered(3)); // its kind is changed below
    texts.set(new TextEncoder().encode("<U1"), 10 + "{'descr': '".length);
    const path = `${folder}/cam1.npz`;
    for (const level of [0, 6]) {
      const members = { "a.npy": features, "fps.npy": about, "names.npy": texts };
      await Deno.writeFile(path, await zipOf(members, level));
      assertEquals(await listArchive(path), [path]);
      await assertParts(await openFeatures(path));
    }
    // Videos are never left out: neither in a .zip, nor what cannot be told.
    await Deno.writeFile(
      `${folder}/all.zip`,
      await zipOf({ "a.npy": features, "b.npy": about }, 0),
    );
    assertEquals((await listArchive(`${folder}/all.zip`)).length, 2);
    await Deno.writeFile(
      path,
      await zipOf({ "a.npy": features, "b.npy": values.slice(0, 9) as unknown as Uint8Array }, 0),
    );
    assertEquals((await listArchive(path)).length, 2);
    const snippet = mat(matNumbers("feature", 1, [1, 2, 3]), matNumbers("fps", 1, [30]));
    await Deno.writeFile(`${folder}/one.mat`, snippet);
    assertEquals((await openFeatures(`${folder}/one.mat`)).shape, [1, 3]);
  }));

/** An HDF5 file, written by the library. */
async function writeH5(path: string, sets: Record<string, Float32Array>, more = {}) {
  const { File, ready } = await import("h5wasm/node");
  await ready;
  const file = new File(path, "w");
  for (const [name, data] of Object.entries(sets)) {
    const [group, base] = name.includes("/") ? name.split("/") : [null, name];
    const parent = group === null ? file : file.get(group) ?? file.create_group(group);
    (parent as typeof file).create_dataset({ name: base, data, shape: SHAPE, ...more });
  }
  return file;
}

Deno.test("groups of an HDF5 file that hold each other are walked once, or refused where they have no end", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.h5`;
    const loops = await writeH5(path, { "g/x": values, y: values });
    for (let i = 0; i < 10; i++) {
      (loops.get("g") as typeof loops).create_soft_link("/g", `again${i}`);
      (loops.get("g") as typeof loops).create_soft_link("/", `up${i}`);
    }
    loops.close();
    assertEquals(await listArchive(path), [`${path}/g/x`, `${path}/y`]);

    const many = await writeH5(`${folder}/b.h5`, { "g7/x": values });
    for (let i = 6; i >= 0; i--) {
      const group = many.create_group(`g${i}`);
      for (let k = 0; k < 10; k++) group.create_soft_link(`/g${i + 1}`, `${i}.${k}`);
    }
    many.close();
    await assertRejects(() => listArchive(`${folder}/b.h5`), SyntaxError, "they have no end");
  }));

Deno.test("a dataset of an HDF5 file that is larger than the file can hold is refused", () =>
  withFolder(async (folder) => {
    const resized = async (name: string, chunks: number[], shape: number[]) => {
      const more = { chunks, maxshape: [null, null, null] };
      const file = await writeH5(`${folder}/${name}`, { x: values }, more);
      (file.get("x") as unknown as { resize(shape: number[]): void }).resize(shape);
      file.close();
      return `${folder}/${name}`;
    };
    const [T, N, D] = SHAPE;
    const chunked = await resized("chunks.h5", [1, 1, 1], [T, N, 10_000 * D]);
    const large = await resized("large.h5", [30, 40, 50], [6000 * 30, 40, 50]);
    for (const path of [chunked, large]) {
      await assertRejects(() => openFeatures(path), SyntaxError, "larger than a file of");
    }
    await openFeatures(await resized("sound.h5", SHAPE, [2 * T, N, D]));
  }));

Deno.test("an HDF5 file holds a dataset a video, in groups, packed, or as MATLAB 7.3 turns it", () =>
  withFolder(async (folder) => {
    const path = (name: string) => `${folder}/${name}`;
    (await writeH5(path("flat.h5"), { b: values, a: values })).close();
    assertEquals(await listArchive(path("flat.h5")), [path("flat.h5/a"), path("flat.h5/b")]);
    await assertParts(await openFeatures(path("flat.h5/b")));
    (await writeH5(path("groups.h5"), { "v1/features": values, "v2/features": values })).close();
    assertEquals(await listArchive(path("groups.h5")), [
      path("groups.h5/v1"),
      path("groups.h5/v2"),
    ]);
    const packed = { chunks: [1, 4, 5], compression: "gzip", compression_opts: 4 };
    (await writeH5(path("one.h5"), { only: values }, packed)).close();
    assertEquals(await listArchive(path("one.h5")), [path("one.h5")]);
    await assertParts(await openFeatures(path("one.h5")));
    const turned = new Float32Array(fortranNpy(SHAPE, values).slice(-240).buffer);
    const matlab = await writeH5(path("a.mat"), { x: turned }, { shape: SHAPE.toReversed() });
    (matlab.get("x") as unknown as { create_attribute(name: string, value: string): void })
      .create_attribute("MATLAB_class", "single");
    matlab.close();
    await assertParts(await openFeatures(path("a.mat")));
    const bytes = await Deno.readFile(path("flat.h5"));
    await Deno.writeFile(path("cut.h5"), bytes.slice(0, 700));
    await assertRejects(
      () => openFeatures(path("cut.h5")),
      SyntaxError,
      "damaged HDF5 file (trunc",
    );
  }));

/** One value of h5py 3.7: packed by its own lzf, and of float16; zlib in base64. */
const UNREADABLE = {
  'is packed by "lzf"':
    "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KDgii8mHyCVCaEUp3QOkVTDBxRrCcBFRcEGo+urqQIFdXkOr/aABmjwELhOZgGAUjEXi4OgaA6AgoH5ZKTzChqqtAS48eFNrLyMAGMYsRxreA0MyMKPbAaCY0Pro4MzAngMQEFeQZIElagUGcg0G8HirPCkzhIHkmZohWbgYNMIMRZlAtSJ6ZIacqDcwFmcHKiMgXHEDzwPYwsVSwIpzACHUCC8JnBmSFR7CfvwsoR8PsU2AeTZvkAFB5x4ilvONASjP4wA5B9HSKPb2xjAb1KBgFo2AUjIJRMApGwSgYBcMANNiDMADdf0Nx",
  "holds floating point numbers of 2 bytes":
    "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KWDhQ+TD5BCjNCKU7oPQKJpg4I1hOAiouCDUfXV1IkKsrSPV/NACzx4AFQnMwjIKRCDxcHQNAdASUD0ulJ5hQ1VWgpUcPCu1lZGCFmMUI41tAaGZGFHtgNBMaH12cGZgTQGKCCvxQMQEGLlYGLn6oPCswhYPkmZiYGCHpHZJzgNZBkz4Lmgsz6BoPwX7+LqAcDcuHCsyjaXMUjIIhC2wYbACx/yyQ",
};

Deno.test("datasets that the HDF5 library does not read are refused with how to write them again", () =>
  withFolder(async (folder) => {
    for (const [problem, packed] of Object.entries(UNREADABLE)) {
      await Deno.writeFile(`${folder}/a.h5`, inflateSync(Buffer.from(packed, "base64")));
      const refusal = await assertRejects(() => openFeatures(`${folder}/a.h5`), TypeError, problem);
      assert(refusal.message.includes("astype('float32')"), refusal.message);
    }
  }));

Deno.test("a packed member of an archive is unpacked once for the crops that are read of it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/crops.zip`;
    await Deno.writeFile(path, await zipOf({ "a.npy": encodeNpy(SHAPE, values) }, 6));
    const archive = await openZipFeatures(path);
    const first = await archive.open("a.npy"), second = await archive.open("a.npy");
    const crop = (n: number): Range[] => [[0, 3], [n, 1], [0, 5]];
    const read = await first.part(crop(0));
    assertEquals(read, partOf(values, SHAPE, crop(0)));
    const bytes = await Deno.readFile(path);
    bytes.fill(0, 60, 90); // packed bytes: whoever reads them again finds the damage
    await Deno.writeFile(path, bytes);
    read.fill(7);
    for (const n of [1, 0]) {
      assertEquals(await second.part(crop(n)), partOf(values, SHAPE, crop(n)));
    }
    await assertRejects(() => second.whole(), Error, "damaged");
  }));
