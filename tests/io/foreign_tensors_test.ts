/**
 * Every file of ../shared/data/formats gives the answer in its expected.json, by the reader of its
 * kind.
 */

import { assert, assertEquals } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { decodeNpy, type NpyArray, readNpy, toFloat32 } from "../../src/io/npy.ts";
import { openTensorFile } from "../../src/io/open_tensor_file.ts";
import { InputFile } from "../../src/io/read_file.ts";
import { elementsOf, type StoredTensor } from "../../src/io/safetensors.ts";
import { listArchive, openFeatures } from "../../src/io/features/open_features.ts";
import { openZip } from "../../src/io/zip_archive.ts";
import { hasShared, shared } from "../support/shared.ts";
import { assertHolds, type ExpectedArray } from "./golden_formats.ts";

interface Expected extends Partial<ExpectedArray> {
  expect: "ok" | "rejected";
  tensors?: Record<string, ExpectedArray>;
  arrays?: Record<string, ExpectedArray>;
  members?: Record<string, ExpectedArray>;
  plain?: Record<string, unknown>;
}

const folder = "data/formats";
const files: Record<string, Expected> = hasShared
  ? JSON.parse(Deno.readTextFileSync(shared(`${folder}/expected.json`))).files
  : {};

const DTYPES: Record<string, string> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float64: "F64",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};

function assertTensor(tensor: StoredTensor, expected: ExpectedArray): void {
  assertEquals(tensor.dtype, DTYPES[expected.dtype]);
  assertHolds(tensor.shape, elementsOf(tensor), expected);
}

/** The arrays as stored; as features they are the same, and those of one name are refused. */
async function readZipOfArrays(source: InputFile) {
  const archive = await openZip(source);
  const arrays = new Map<string, NpyArray>();
  for (const name of archive.names.filter((name) => name.endsWith(".npy"))) {
    arrays.set(name, decodeNpy(await archive.read(name), name));
  }
  for (const path of await listArchive(source.path)) {
    const features = await openFeatures(path);
    const array = arrays.get(path.slice(source.path.length + 1))!;
    assertEquals(features.shape, array.shape);
    assertEquals(await features.whole(), toFloat32(array));
  }
  return arrays;
}

async function compare(path: string, expected: Expected): Promise<void> {
  const file = shared(`${folder}/${path}`);
  if (path.endsWith(".npy")) {
    const { shape, data } = await readNpy(file);
    assertHolds(shape, data, expected as ExpectedArray);
  } else if (path.startsWith("zip/") || path.endsWith(".zip")) {
    using input = await InputFile.open(file);
    const arrays = await readZipOfArrays(input);
    assertEquals([...arrays.keys()].sort(), Object.keys(expected.members ?? {}).sort());
    for (const [name, array] of arrays) {
      assertHolds(array.shape, array.data, expected.members![name]);
    }
  } else {
    using opened = await openTensorFile(file);
    const wanted = expected.tensors ?? expected.arrays ?? expected.members ?? {};
    const within = expected.arrays ? "blobs/" : "";
    assertEquals(
      [...opened.tensors.keys()].sort(),
      Object.keys(wanted).map((name) => within + name).sort(),
    );
    for (const [path, held] of opened.tensors) {
      const name = path.slice(within.length);
      assertEquals(held.dtype, DTYPES[wanted[name].dtype]);
      assertTensor(await opened.read(path), wanted[name]);
    }
    for (const [name, value] of Object.entries(expected.plain ?? {})) {
      assertEquals(opened.plain.get(name), value);
    }
  }
}

for (const [path, expected] of Object.entries(files)) {
  Deno.test(`${path} is ${expected.expect === "ok" ? "read" : "refused"}`, async () => {
    if (expected.expect === "ok") return await compare(path, expected);
    let refusal: unknown = null;
    try {
      await compare(path, expected);
    } catch (error) {
      refusal = error;
    }
    assert(isFault(refusal), `found ${refusal instanceof Error ? refusal.stack : "no fault"}`);
  });
}
