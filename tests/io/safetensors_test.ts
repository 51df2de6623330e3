import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { writeWhole } from "../../src/io/atomic_write.ts";
import {
  decodeSafetensors,
  elementsOf,
  encodeSafetensors,
  float32Of,
  openSafetensors,
  readSafetensors,
  safetensorsPieces,
  type StoredDtype,
  type StoredTensor,
  type TensorToStore,
} from "../../src/io/safetensors.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { assertHolds, golden, goldenFiles } from "./golden_formats.ts";

/** A file with this header text, unpadded, and as many zero bytes. */
function fileOf(header: string, bodyBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function stored(dtype: StoredDtype, values: ArrayBufferView, shape: number[]): StoredTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, shape, bytes };
}

for (const [file, { tensors = {}, metadata }] of goldenFiles("safetensors", ".safetensors")) {
  Deno.test(`readSafetensors() reads ${file}`, async () => {
    const found = await readSafetensors(golden(file));
    assertEquals(found.metadata, metadata);
    assertEquals([...found.tensors.keys()], Object.keys(tensors));
    for (const [name, expected] of Object.entries(tensors)) {
      const tensor = found.tensors.get(name)!;
      const kind = {
        F32: "float32",
        F16: "float16",
        BF16: "bfloat16",
        F64: "float64",
        I64: "int64",
        U8: "uint8",
        BOOL: "bool",
      }[tensor.dtype as string];
      assertEquals(kind, expected.dtype);
      assertHolds(tensor.shape, elementsOf(tensor), expected);
    }
  });
}

for (const [file, { why }] of goldenFiles("broken", ".safetensors")) {
  Deno.test(`readSafetensors() refuses ${file}: ${why}`, async () => {
    const error = await assertRejects(() => readSafetensors(golden(file)), SyntaxError);
    assert(isFault(error), String(error.stack));
    assertStringIncludes(error.message, `Cannot read "${golden(file)}": `);
    assertMatch(error.message, /[^;]+; [^;]+[^.]$/); // what was found; what to do
    const bytes = await Deno.readFile(golden(file));
    const decoding = assertThrows(() => decodeSafetensors(bytes, golden(file)));
    assertEquals(decoding.message, error.message);
  });
}

const tensorA = `"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}`;
for (
  const [header, message] of [
    [`{${tensorA},}`, "expected a key in quotes"],
    [`{${tensorA}} x`, "expected the end of the header"],
    [`{${tensorA}`, "expected }"],
    [`{${tensorA},"\\u0061":1}`, 'the key "a" comes twice'],
    [`{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}`, '"shape" comes twice'],
    [`{"__metadata__":{"x":"1","x":"2"},${tensorA}}`, 'the key "x" comes twice'],
    [`{"__metadata__":null,${tensorA}}`, "expected {"],
    [`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":1}}`, 'unknown key "note"'],
    [`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 'lacks the key "shape"'],
    [`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}`, "expected a begin and an end"],
    [`{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, "expected a whole number"],
    [`{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}`, "expected a whole number"],
    [`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, "expected a whole number"],
    [`{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}`, "expected a whole number"],
    [`{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}`, "whole number"],
    [`{"a":{"dtype":"U8","shape":[[[1]]],"data_offsets":[0,1]}}`, "expected a whole number"],
    [`{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,1]}}`, 'element kind "toString"'],
    [`{"a\nb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "expected a key in quotes"],
    [`{"a`, "expected a key in quotes"],
    [`{"b":{"dtype":"U8","shape":[0],"data_offsets":[3,3]},${tensorA}}`, "(hole)"],
  ]
) {
  Deno.test(`decodeSafetensors() refuses the header ${header.slice(0, 90)}`, () => {
    const error = assertThrows(() => decodeSafetensors(fileOf(header, 1), "x"), SyntaxError);
    assert(isFault(error));
    assertStringIncludes(error.message, message);
  });
}

Deno.test("decodeSafetensors() counts bytes, not characters, where a header is wrong", () => {
  const error = assertThrows(() => decodeSafetensors(fileOf(`{"äöü":x}`, 0), "x"));
  assertStringIncludes(error.message, "in the header at byte 18"); // 8 + { + quotes + 3 x 2 + :
});

Deno.test("decodeSafetensors() reads names and metadata like __proto__ as plain texts", () => {
  const bytes = encodeSafetensors(
    new Map([["__proto__", stored("U8", new Uint8Array([7]), [1])]]),
    JSON.parse(`{"__proto__":"x","constructor":"y"}`),
  );
  const { tensors, metadata } = decodeSafetensors(bytes, "x");
  assertEquals(tensors.get("__proto__")?.bytes, new Uint8Array([7]));
  assertEquals(Object.entries(metadata), [["__proto__", "x"], ["constructor", "y"]]);
});

Deno.test("encodeSafetensors() gives the same bytes in whatever order the tensors come", () => {
  const entries: [string, TensorToStore][] = [
    ["z", { dtype: "F32", shape: [2], bytes: new Float32Array([1, 2]) }],
    ["flag", { dtype: "BOOL", shape: [3], bytes: new Uint8Array([1, 0, 1]) }],
    ["a", { dtype: "F32", shape: [], bytes: new Float32Array([3]) }],
    ["step", { dtype: "I64", shape: [1], bytes: new BigInt64Array([5n]) }],
    ["none", { dtype: "F64", shape: [0, 4], bytes: new Float64Array(0) }],
  ];
  const bytes = encodeSafetensors(new Map(entries), { b: "2", a: "1" });
  assertEquals(encodeSafetensors(new Map(entries.reverse()), { a: "1", b: "2" }), bytes);
  const { tensors, metadata } = decodeSafetensors(bytes, "x");
  assertEquals([...tensors.keys()], ["none", "step", "a", "z", "flag"]);
  assertEquals(metadata, { a: "1", b: "2" });
  assertEquals(float32Of(tensors.get("z")!), new Float32Array([1, 2]));
  // the values begin at a multiple of 8
  assertEquals(new DataView(bytes.buffer).getUint8(0) % 8, 0);
});

Deno.test("safetensorsPieces() lends the memory of the tensors instead of copying it", () => {
  const weights = new Float32Array(1000);
  const pieces = safetensorsPieces(
    new Map([["w", { dtype: "F32", shape: [1000], bytes: weights }]]),
  );
  assertEquals(pieces.length, 2);
  assert(pieces[1].buffer === weights.buffer);
});

Deno.test("safetensorsPieces() refuses bytes that are not the shape's", () => {
  const tensor: TensorToStore = { dtype: "F32", shape: [3], bytes: new Float32Array(2) };
  assertThrows(() => safetensorsPieces(new Map([["w", tensor]])), TypeError, 'tensor "w"');
});

Deno.test("readSafetensors() reads back what was written in pieces", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/x.safetensors`;
    const values = Float32Array.from({ length: 1001 }, (_, i) => Math.sin(i));
    const tensors = new Map([
      ["w", stored("F32", values, [7, 143])],
      ["n", stored("I32", new Int32Array([-1]), [])],
    ]);
    await writeWhole(path, safetensorsPieces(tensors, { step: "3" }), { overwrite: false });
    const found = await readSafetensors(path);
    assertEquals(float32Of(found.tensors.get("w")!), values);
    assertEquals(float32Of(found.tensors.get("n")!), new Float32Array([-1]));
    assertEquals(found.metadata, { step: "3" });
    const whole = await Deno.readFile(path);
    assertEquals(encodeSafetensors(tensors, { step: "3" }), whole);
    await Deno.truncate(path, whole.length - 1);
    await assertRejects(() => readSafetensors(path), SyntaxError, "it is cut short");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSafetensors() reads some tensors to memory that is there, shared with threads or not", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.safetensors");
    const names = ["a", "b", "c", "d", "e", "f"];
    const tensors = new Map(
      names.map((name, i) => [name, stored("F32", Float32Array.of(i, 10 * i), [2])] as const),
    );
    Deno.writeFileSync(path, encodeSafetensors(tensors, { step: "3" }));
    // b and c follow each other in memory too, d lies before them, e is left out, f has no place.
    const memory = new Float32Array(new SharedArrayBuffer(64));
    const places: Record<number, Float32Array> = {
      8: memory.subarray(4, 6),
      16: memory.subarray(6, 8),
      24: memory.subarray(0, 2),
    };
    using file = await openSafetensors(path);
    const { tensors: read, metadata } = await file.read({
      wanted: (name) => name !== "e",
      reserve: ({ begin }) => places[begin] ?? null,
    });
    assertEquals([[...read.keys()], metadata], [["a", "b", "c", "d", "f"], { step: "3" }]);
    for (const [name, tensor] of read) {
      const i = names.indexOf(name);
      assertEquals([...float32Of(tensor)], [i, 10 * i], name);
    }
    assertEquals([...memory.subarray(0, 8)], [3, 30, 0, 0, 1, 10, 2, 20]);
    assert(float32Of(read.get("c")!).buffer === memory.buffer);
  }));

Deno.test("float32Of() reads values at an odd address", () => {
  const bytes = new Uint8Array(13);
  bytes.set(new Uint8Array(new Float32Array([1.5, -2, 3]).buffer), 1);
  const tensor: StoredTensor = { dtype: "F32", shape: [3], bytes: bytes.subarray(1) };
  assertEquals(float32Of(tensor), new Float32Array([1.5, -2, 3]));
});

Deno.test("float32Of() widens every kind", () => {
  const cases: [StoredDtype, ArrayBufferView, number[]][] = [
    ["F64", new Float64Array([0.1]), [0.1]],
    ["F32", new Float32Array([-0.5]), [-0.5]],
    ["F16", new Float16Array([65504]), [65504]],
    ["BF16", new Uint16Array([0x3f80, 0xff80, 0x0001]), [1, -Infinity, 2 ** -133]],
    ["I64", new BigInt64Array([-(2n ** 40n)]), [-(2 ** 40)]],
    ["U64", new BigUint64Array([2n ** 40n]), [2 ** 40]],
    ["I32", new Int32Array([-7]), [-7]],
    ["U32", new Uint32Array([2 ** 32 - 1]), [2 ** 32 - 1]],
    ["I16", new Int16Array([-300]), [-300]],
    ["U16", new Uint16Array([65535]), [65535]],
    ["I8", new Int8Array([-128]), [-128]],
    ["U8", new Uint8Array([255]), [255]],
    ["BOOL", new Uint8Array([1]), [1]],
  ];
  for (const [dtype, values, expected] of cases) {
    const tensor = stored(dtype, values, [expected.length]);
    assertEquals(float32Of(tensor), Float32Array.from(expected), dtype);
  }
});
