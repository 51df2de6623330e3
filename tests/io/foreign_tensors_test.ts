/**
 * Every file of ../shared/data/formats gives the answer in its expected.json, by the reader of its
 * kind.
 */

import { assert, assertEquals } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { decodeNpy, readNpy } from "../../src/io/npy.ts";
import { openTensorFile } from "../../src/io/open_tensor_file.ts";
import { InputFile } from "../../src/io/read_file.ts";
import { elementsOf, type StoredTensor } from "../../src/io/safetensors.ts";
import { byBaseName, type ByteSource, openZip } from "../../src/io/zip_archive.ts";
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

/** Feature archives find a member by the last part of its name, so that must be its own. */
async function readZipOfArrays(source: ByteSource) {
  const archive = await openZip(source);
  byBaseName(archive, source.path);
  const arrays = [];
  for (const name of archive.names) {
    arrays.push([name, decodeNpy(await archive.read(name), name)] as const);
  }
  return new Map(arrays);
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
