/** Files of named tensors: what the readers give, and what they refuse. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deflateSync } from "node:zlib";
import { decodeArrayPickle } from "../../src/io/array_pickle.ts";
import { decodeMat } from "../../src/io/mat_file.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { openNpz } from "../../src/io/npz.ts";
import { float32Of } from "../../src/io/safetensors.ts";
import type { TensorFile } from "../../src/io/tensor_file.ts";
import { decodeTorchLegacy, isLegacyTorch, openTorchZip } from "../../src/io/torch_file.ts";
import { encodeTorchZip } from "../../src/io/torch_write.ts";
import { openZip } from "../../src/io/zip_archive.ts";
import {
  arrayPickle,
  bytesOf,
  inMemory,
  joined,
  mat,
  matCell,
  matNumbers,
  matPacked,
  matText,
  npz,
  text,
  torchLegacy,
  torchZip,
  w,
  withZip64Records,
  zipOf,
} from "./small_tensor_files.ts";
import { threadSeconds } from "../support/thread_time.ts";

async function assertHoldsW(file: TensorFile, path = "w"): Promise<void> {
  assertEquals([...file.tensors.keys()], [path]);
  const tensor = await file.read(path);
  assertEquals(tensor.shape, [2, 3]);
  assertEquals(file.tensors.get(path)!.shape, [2, 3]);
  assertEquals(float32Of(tensor), w);
}

Deno.test("each format gives the tensor that it holds", async () => {
  await assertHoldsW(await openTorchZip(inMemory(await torchZip())));
  for (const protocol of [2, 4]) {
    assert(isLegacyTorch(torchLegacy(6, protocol).subarray(0, 32)));
    await assertHoldsW(decodeTorchLegacy(torchLegacy(6, protocol), "x"));
  }
  await assertHoldsW(decodeArrayPickle(arrayPickle(), "x"), "blobs/w");
  for (const level of [0, 9]) await assertHoldsW(await openNpz(inMemory(await npz(level))));
  await assertHoldsW(decodeMat(mat(matNumbers("w", 2, w)), "x"));
  await assertHoldsW(decodeMat(mat(matPacked(deflateSync(matNumbers("w", 2, w)))), "x"));
});

Deno.test("arrays in pickles come in C order and little-endian, from Python 2's texts and Python 3's", async () => {
  const columns = new Float32Array([1, 4, 2, 5, 3, 6]);
  const fortran = arrayPickle(`U\x18${text(columns)}`, { fortran: "\x88" });
  await assertHoldsW(decodeArrayPickle(fortran, "x"), "blobs/w");
  const swapped = text(w).replace(/(.)(.)(.)(.)/gs, "$4$3$2$1");
  await assertHoldsW(
    decodeArrayPickle(arrayPickle(`U\x18${swapped}`, { order: ">" }), "x"),
    "blobs/w",
  );
  const utf8 = new TextEncoder().encode(text(w));
  const encoded = String.fromCharCode(utf8.length, 0, 0, 0, ...utf8);
  const python3 = arrayPickle(`c_codecs\nencode\nX${encoded}X\x06\0\0\0latin1\x86R`);
  await assertHoldsW(decodeArrayPickle(python3, "x"), "blobs/w");
});

Deno.test("long arrays of a pickle keep bytes over 0x7f, as texts of Python 2 and of Python 3", async () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i));
  const shape = "K\x02K\x03\x86", long = "K\x01M\x88\x13\x86"; // [2, 3], [1, 5000]
  const python2 = `T${String.fromCharCode(0x20, 0x4e, 0, 0)}${text(values)}`;
  const utf8 = new TextEncoder().encode(text(values));
  const length = String.fromCharCode(utf8.length & 255, utf8.length >> 8, 0, 0);
  const python3 = `c_codecs\nencode\nX${length}${
    String.fromCharCode(...utf8)
  }X\x06\0\0\0latin1\x86R`;
  for (const written of [python2, python3]) {
    const pickle = String.fromCharCode(...arrayPickle(written)).replace(shape, long);
    const file = decodeArrayPickle(bytesOf(pickle), "x");
    assertEquals(float32Of(await file.read("blobs/w")), values);
  }
});

Deno.test("cells of a MATLAB file are named by their place, texts are no tensors", () => {
  const file = decodeMat(
    mat(matCell("0", matNumbers("", 2, w), matNumbers("", 1, [7])), matText("note", "deep")),
    "x",
  );
  assertEquals([...file.tensors.keys()], ["0/0", "0/1"]);
  assertEquals(file.tensors.get("0/1")!.shape, [1, 1]);
  assertEquals(file.plain.get("note"), "deep");
});

Deno.test("no pickle calls what is not in the table, by whatever operation", () => {
  const calls = [
    "cos\nsystem\nX\x04\0\0\0true\x85R.",
    "(X\x04\0\0\0trueios\nsystem\n.",
    "\x8c\x02os\x8c\x06system\x93X\x04\0\0\0true\x85R.",
    "cos\nsystem\n)\x81.",
    "cbuiltins\neval\n.",
    "cnumpy\nload\n.",
    "ctorch\nload\n.",
    "\x82\x01.",
    "P1\n.",
  ];
  for (const call of calls) {
    assertThrows(
      () => decodeArrayPickle(bytesOf(`\x80\x04${call}`), "x.pkl"),
      SyntaxError,
      "x.pkl",
    );
  }
});

Deno.test("a pickle cannot change what it may call", () => {
  const change = "\x80\x02ccollections\nOrderedDict\n}X\x04\0\0\0nameX\x01\0\0\0asb.";
  assertThrows(() => decodeArrayPickle(bytesOf(change), "x"), SyntaxError, "damaged");
});

Deno.test("arguments of a training program are read as the dicts that they are", () => {
  const held = (value: string) =>
    Object.fromEntries(
      decodeArrayPickle(bytesOf(`\x80\x02}X\x01\0\0\0a${value}s.`), "x").plain,
    );
  const attributes = "}X\x02\0\0\0lrK\x05sb";
  assertEquals(held(`cargparse\nNamespace\n)\x81${attributes}`), { "a/lr": 5 });
  assertEquals(held(`ctypes\nSimpleNamespace\n)R${attributes}`), { "a/lr": 5 });
  // Dicts whose items are attributes too: items first, then the same as a state.
  assertEquals(
    held(`ceasydict\nEasyDict\n)\x81X\x02\0\0\0lrK\x05s${attributes}`),
    { "a/lr": 5 },
  );
  assertEquals(held("ccollections\nCounter\n}K\x1eK\x01s\x85R"), { "a/30": 1 });
  assertEquals(held("cpathlib\nPosixPath\n(X\x01\0\0\0/X\x01\0\0\0uX\x01\0\0\0vtR"), {
    a: "/u/v",
  });
});

Deno.test("short pickles that ask for much are refused at once", () => {
  const bomb = `\x80\x02]q\0${"]h\0ah\0aq\0".repeat(200)}.`;
  // A dict of 1000 pairs that is copied 10,000 times.
  const pairs = "K\x01K\x02\x86".repeat(1000);
  const copies = `\x80\x02](${pairs}eq\0](${
    "ccollections\nOrderedDict\nh\0\x85R".repeat(100_000)
  }e.`;
  // The same attributes for 10,000 objects.
  const attributes = `\x80\x02](}(${
    Array.from({ length: 1000 }, (_, i) => `I${i}\nK\0`).join("")
  }uq\0${"cargparse\nNamespace\n)\x81h\0b".repeat(10_000)}e.`;
  const start = threadSeconds();
  assertThrows(() => decodeArrayPickle(bytesOf(bomb), "x"), SyntaxError);
  for (const pickle of [copies, attributes]) {
    const copied = "it copies more than it holds";
    assertThrows(() => decodeArrayPickle(bytesOf(pickle), "x"), SyntaxError, copied);
  }
  assert(threadSeconds() - start < 5);
});

Deno.test("whole numbers that pickleparser would give without their sign, or rounded, are refused", () => {
  const read = (long: string) =>
    decodeArrayPickle(bytesOf(`\x80\x02}X\x01\0\0\0a\x8a${long}s.`), "x").plain.get("a");
  assertThrows(() => read("\x05\0\0\0\0\xff"), SyntaxError, "below -2^31");
  assertThrows(() => read("\x07\x01\0\0\0\0\0\x20"), SyntaxError, "over 2^53");
  assertEquals(read("\x07\xff\xff\xff\xff\xff\xff\x1f"), Number.MAX_SAFE_INTEGER);
});

Deno.test("a storage of another length than its tensors need is refused, in both containers", async () => {
  assertThrows(() => decodeTorchLegacy(torchLegacy(5), "x"), SyntaxError, "cut off");
  const whole = torchLegacy();
  assertThrows(() => decodeTorchLegacy(whole.slice(0, -1), "x"), SyntaxError, "cut off");
  assertThrows(() => decodeTorchLegacy(joined(whole, "\0"), "x"), SyntaxError, "1 bytes follow");
  const archive = await openZip(inMemory(await torchZip()));
  const pickle = await archive.read("archive/data.pkl");
  const short = await zipOf({ "a/data.pkl": pickle, "a/data/0": new Uint8Array(8) }, 0);
  await assertRejects(() => openTorchZip(inMemory(short)), SyntaxError, '"0" has 8 bytes, 24');
  const none = await zipOf({ "a/data.pkl": pickle }, 0);
  await assertRejects(() => openTorchZip(inMemory(none)), SyntaxError, "lacks the values");
});

Deno.test("a TorchScript program's weights have the names of its state dict, and nothing of it is run", async () => {
  const tensor = "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n" +
    "X\x01\0\0\x000X\x03\0\0\0cpuK\x06tQK\0(K\x02K\x03t(K\x03K\x01t\x89ccollections\nOrderedDict\n)RtR";
  const module = (name: string, items: string) => `c__torch__${name}\n)\x81}(${items}ub`;
  const list = "X\x01\0\0\0lctorch.jit._pickle\nbuild_intlist\n](K\x01K\x02e\x85R";
  const root = (inner: string) =>
    bytesOf(`\x80\x02${module("\nNet", `X\x05\0\0\0layer${module(".m\nLayer", inner)}`)}.`);
  const program = (pickle: Uint8Array) =>
    zipOf({
      "m/data.pkl": pickle,
      "m/code/__torch__/m.py": bytesOf("raise Exception"),
      "m/data/0": new Uint8Array(w.buffer),
    }, 0);
  const held = await program(root(`X\x01\0\0\0w${tensor}${list}`));
  await assertHoldsW(await openTorchZip(inMemory(held)), "layer.w");
  const calls = await program(root("X\x01\0\0\0wcos\nsystem\nX\x04\0\0\0true\x85R"));
  await assertRejects(() => openTorchZip(inMemory(calls)), SyntaxError, "os.system");
});

Deno.test("what torch.save writes has the same bytes for the same tensors", async () => {
  assertEquals(await torchZip(), await torchZip());
});

Deno.test("a tensor of every kind comes back from a PyTorch file", async () => {
  const tensors = new Map([
    ["half", { dtype: "F16" as const, shape: [3], bytes: new Float16Array([1, -2, 0.5]) }],
    ["count", { dtype: "I64" as const, shape: [], bytes: new BigInt64Array([7n]) }],
    ["none", { dtype: "F32" as const, shape: [0, 3], bytes: new Float32Array(0) }],
  ]);
  const file = await openTorchZip(inMemory(await encodeTorchZip(tensors)));
  assertEquals(
    [...file.tensors],
    [...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
  assertEquals([...float32Of(await file.read("half"))], [1, -2, 0.5]);
  assertEquals([...float32Of(await file.read("count"))], [7]);
});

Deno.test("archives refuse members outside of their folder, twice, damaged, or of far more than they take", async () => {
  const array = encodeNpy([2, 3], w);
  for (const name of ["../w.npy", "/w.npy", "a\\..\\w.npy"]) {
    const archive = await zipOf({ [name]: array }, 0);
    await assertRejects(() => openZip(inMemory(archive)), SyntaxError, "outside");
  }
  const damaged = await npz(0);
  damaged[170] ^= 1; // one of the values
  await assertRejects(() => openNpz(inMemory(damaged)), SyntaxError);
  const bomb = await zipOf({ "w.npy": new Uint8Array(20 * 2 ** 20) }, 9);
  await assertRejects(() => openNpz(inMemory(bomb)), RangeError, "would unpack to");
});

Deno.test("a member that is stored as it is, is read in one piece, and its checksum is compared", async () => {
  const bytes = Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 31) >> 4);
  for (const level of [0, 6]) {
    const archive = await zipOf({ "a/w": bytes, "a/v": bytes.slice(5) }, level);
    const source = inMemory(archive);
    const reads: number[] = [];
    const zip = await openZip({
      ...source,
      read(offset, length) {
        reads.push(length);
        return source.read(offset, length);
      },
    });
    reads.length = 0;
    assertEquals(await zip.read("a/w"), bytes);
    assertEquals(reads.filter((length) => length > 2 ** 16), level === 0 ? [bytes.length] : []);
    const damaged = archive.slice();
    damaged[1000] ^= 1; // of its values
    const other = await openZip(inMemory(damaged));
    await assertRejects(() => other.read("a/w"), SyntaxError, 'member "a/w" is damaged');
    assertEquals(await other.read("a/v"), bytes.slice(5));
  }
});

Deno.test("archives are read whose zip64 records say what the plain one says, as torch.save has them", async () => {
  // Where an entry of the directory takes 76 bytes, the next lies where zip.js would look for all.
  for (let length = 10; length < 60; length++) {
    const names = ["a", "b", "c"].map((name) => name.repeat(length));
    const members = Object.fromEntries(names.map((name) => [name, bytesOf(name)]));
    const archive = await openZip(inMemory(withZip64Records(await zipOf(members, 0))));
    assertEquals(archive.names, names);
    assertEquals(await archive.read(names[1]), bytesOf(names[1]));
  }
});

Deno.test("MATLAB files that are cut, of other versions or unpack to too much are refused", () => {
  const whole = mat(matNumbers("w", 2, w));
  assertThrows(() => decodeMat(whole.slice(0, -9), "x"), SyntaxError, "cut off");
  assertThrows(() => decodeMat(bytesOf("MATLAB 7.3"), "x"), SyntaxError, "HDF5");
  const bomb = mat(matPacked(deflateSync(new Uint8Array(40 * 2 ** 20))));
  assertThrows(() => decodeMat(bomb, "x"), SyntaxError, "unpacks to over");
});
