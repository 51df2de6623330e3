import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { decodeNpy, encodeNpy, readNpy, readNpyHeader, toFloat32 } from "../../src/io/npy.ts";
import { assertHolds, type ExpectedArray, golden, goldenFiles } from "./golden_formats.ts";
import { openFeatures } from "../../src/io/features/open_features.ts";

const text = new TextEncoder();

/** A version 1 file with the given header text, unpadded, and body. */
function npyFile(dict: string, body: Uint8Array): Uint8Array {
  const header = text.encode(dict + "\n");
  return new Uint8Array([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8],
    ...header,
    ...body,
  ]);
}

for (const [file, expected] of goldenFiles("npy", ".npy")) {
  Deno.test(`readNpy() reads ${file} as numpy wrote it`, async () => {
    const { shape, dtype, data } = await readNpy(golden(file));
    assertHolds(shape, data as ArrayLike<number | bigint>, expected as ExpectedArray);
    const numpyName = {
      f2: "float16",
      f4: "float32",
      f8: "float64",
      i4: "int32",
      i8: "int64",
      u1: "uint8",
      b1: "bool",
    }[dtype];
    assertEquals(numpyName, expected.dtype === ">f4" ? "float32" : expected.dtype);
  });
}

for (const [file, { why }] of goldenFiles("broken", ".npy")) {
  Deno.test(`readNpy() refuses ${file}: ${why}`, async () => {
    const error = await assertRejects(() => readNpy(golden(file)));
    assert(isFault(error), String(error.stack));
    assertStringIncludes(error.message, `Cannot read "${golden(file)}": `);
    // What was found, and after the semicolon what to do.
    assertMatch(error.message, /[^;]+; [^;]+[^.]$/);
    await assertRejects(() => readNpyHeader(golden(file)), Error, error.message);
    const bytes = await Deno.readFile(golden(file));
    const decoding = assertThrows(() => decodeNpy(bytes, golden(file)));
    assertEquals(decoding.message, error.message);
  });
}

Deno.test("readNpy() names a conversion step for pickled objects", async () => {
  const error = await assertRejects(() => readNpy(golden("broken/pickled_object.npy")), TypeError);
  assertStringIncludes(error.message, "allow_pickle=True");
  assertStringIncludes(error.message, "if you trust the file");
});

Deno.test("readNpy() gives where a truncated body ends and what was expected", async () => {
  const error = await assertRejects(() => readNpy(golden("broken/truncated_body.npy")));
  assertStringIncludes(error.message, "takes 420 bytes from byte 128, found 403");
});

Deno.test("readNpy() names what is wrong with a version and with a shape beyond all memory", async () => {
  const bytes = await Deno.readFile(golden("npy/c_float32.npy"));
  bytes[7] = 1;
  assertThrows(() => decodeNpy(bytes, "x"), SyntaxError, "unknown .npy version 1.1 at byte 6");
  const overflow = golden("broken/overflow_shape.npy");
  await assertRejects(() => readNpy(overflow), SyntaxError, "holds too many values");
});

Deno.test("readNpy() says that a file is missing, or a folder", async () => {
  const missing = await assertRejects(() => readNpy("no/such.npy"), Error, "no such file");
  assert(isFault(missing));
  const folder = await assertRejects(() => readNpy(golden("npy")), Error, "it is a folder; give");
  assert(isFault(folder));
});

Deno.test("readNpyHeader() gives shape, kind and order", async () => {
  const header = await readNpyHeader(golden("npy/f_float16.npy"));
  assertEquals(header, {
    shape: [5, 7, 3],
    dtype: "f2",
    bigEndian: false,
    fortranOrder: true,
    elements: 105,
    bodyOffset: 128,
  });
});

Deno.test("features are read of one crop of a file larger than memory should hold", async () => {
  // 3 GB on paper: the file is sparse, only the header and one block exist on the disk.
  const path = await Deno.makeTempFile({ suffix: ".npy" });
  try {
    const [crops, snippets, dim] = [10, 36_000, 2048];
    const elements = crops * snippets * dim;
    const header = encodeNpy([0], new Float32Array(0));
    const dict =
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${crops}, ${snippets}, ${dim}), }`;
    header.set(text.encode(dict.padEnd(117) + "\n"), 10);
    using file = await Deno.open(path, { write: true });
    await file.write(header);
    await file.truncate(128 + elements * 4);
    const at = 7 * snippets * dim;
    await file.seek(128 + at * 4, Deno.SeekMode.Start);
    await file.write(new Uint8Array(new Float32Array([1, 2, 3]).buffer));
    const part = await (await openFeatures(path)).part([[7, 1], [0, 1], [0, 5]]);
    assertEquals(part, new Float32Array([1, 2, 3, 0, 0]));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("encodeNpy() writes numpy's bytes", async () => {
  for (const kind of ["float16", "float32", "float64", "int32", "int64", "uint8"]) {
    const original = await Deno.readFile(golden(`npy/c_${kind}.npy`));
    const { shape, data } = decodeNpy(original, kind);
    assertEquals(encodeNpy(shape, data), original);
  }
  for (const file of ["scalar_0d_float32", "empty_0x2048_float32", "empty_1d_float64"]) {
    const original = await Deno.readFile(golden(`npy/${file}.npy`));
    const { shape, data } = decodeNpy(original, file);
    assertEquals(encodeNpy(shape, data), original);
  }
});

Deno.test("encodeNpy() refuses a shape of another size", () => {
  assertThrows(() => encodeNpy([2, 3], new Float32Array(5)), TypeError, "5 elements");
});

Deno.test("decodeNpy() reads values at an odd address", () => {
  const bytes = encodeNpy([3], new Float64Array([1, -2, 3.5]));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  assertEquals(decodeNpy(shifted.subarray(1), "x").data, new Float64Array([1, -2, 3.5]));
});

Deno.test("decodeNpy() reads what other writers of the format wrote", () => {
  // Double quotes, no spaces, Python 2's long integers, no comma at the end, a 16-byte multiple.
  const dict = `{"shape":(1L, 2L),"descr":"<i4","fortran_order":False}`;
  const { shape, data } = decodeNpy(
    npyFile(dict, new Uint8Array([1, 0, 0, 0, 255, 255, 255, 255])),
    "x",
  );
  assertEquals(shape, [1, 2]);
  assertEquals(data, new Int32Array([1, -1]));
});

for (
  const [dict, message] of [
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "expected ,"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1 1,)}", "expected ,"],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "expected True or False"],
    ["{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (1,)}", "expected True or False"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + x", "newline at the end"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': [1]}", "expected a tuple"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}", "expected ,"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,)}", "whole number"],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "descr once"],
    ["{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", "expected , or }"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", "expected , or }"],
    ["{'descr': '<u4', 'fortran_order': False, 'shape': (1,)}", 'elements of kind "<u4"'],
    ["{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", 'elements of kind "|f4"'],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (${"1,".repeat(65)})}`, "at most 64 axes"],
  ]
) {
  Deno.test(`decodeNpy() refuses the header ${dict.slice(0, 90)}`, () => {
    const error = assertThrows(() => decodeNpy(npyFile(dict, new Uint8Array(4)), "x.npy"));
    assert(isFault(error));
    assertStringIncludes(error.message, message);
  });
}

Deno.test("toFloat32() gives float32 as it is and widens the rest", () => {
  const same = new Float32Array([1, NaN]);
  assert(toFloat32({ shape: [2], dtype: "f4", data: same }) === same);
  const shape = [3];
  const wanted = new Float32Array([0, 1, 2]);
  assertEquals(toFloat32({ shape, dtype: "u1", data: new Uint8Array([0, 1, 2]) }), wanted);
  assertEquals(toFloat32({ shape, dtype: "f2", data: new Float16Array([0, 1, 2]) }), wanted);
  assertEquals(toFloat32({ shape, dtype: "i8", data: new BigInt64Array([0n, 1n, 2n]) }), wanted);
  assertEquals(
    toFloat32({ shape, dtype: "f8", data: new Float64Array([0.1, NaN, -Infinity]) }),
    new Float32Array([0.1, NaN, -Infinity]),
  );
});

Deno.test("toFloat32() refuses values that float32 cannot hold", () => {
  for (
    const data of [
      new BigInt64Array([0n, 9007199254740993n]),
      new Int32Array([0, 16_777_217]),
      new Float64Array([0, 1e300]),
    ]
  ) {
    const error = assertThrows(
      () => toFloat32({ shape: [2], dtype: "f8", data }, "a.npy"),
      RangeError,
      `element 1 is ${data[1]}`,
    );
    assert(isFault(error));
  }
});
