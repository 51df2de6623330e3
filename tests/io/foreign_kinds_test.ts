/** Files of other kinds than the one expected: every reader names the kind and says what to do. */

import { assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { readSettings } from "../../src/config/groups.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy, readNpy, readNpyHeader } from "../../src/io/npy.ts";
import { InputFile, readBytes, readText } from "../../src/io/read_file.ts";
import { encodeSafetensors, readSafetensors } from "../../src/io/safetensors.ts";
import { readVocabulary } from "../../src/text/read_vocabulary.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** Bytes of a text whose characters are bytes. */
function bytesOf(text: string, length = text.length): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The beginning of a zip archive whose first member has that name. */
const zip = (member: string) =>
  bytesOf(`PK\x03\x04${"\0".repeat(22)}${String.fromCharCode(member.length)}\0\0\0${member}`, 200);

interface Foreign {
  what: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** How the message names the kind. */
  named: string;
  /**
   * Part of what to do where an array is wanted, tensors, a text; absent: what is wanted, or
   * unknown.
   */
  array?: string;
  tensors?: string;
  text?: string;
}

/** A variable `feat` of [2, 3] doubles. */
function matlab4(little: boolean): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(`${"\0".repeat(20)}feat\0`, 25 + 48);
  const view = new DataView(bytes.buffer);
  [little ? 0 : 1000, 2, 3, 0, 5].forEach((value, i) => view.setUint32(4 * i, value, little));
  return bytes;
}

const UNPACK = { array: "unpack it", tensors: "unpack it", text: "unpack it" };
const EXTRACT = { array: "extract them from it", tensors: "give a checkpoint", text: "text file" };
const TORCH = {
  array: "torch.load",
  tensors: "wsvad import --runner NAME",
  text: "give the text file",
};
const FETCH = { array: "git lfs pull", tensors: "git lfs pull", text: "git lfs pull" };
const PAGE = { array: "download it again", tensors: "download it again", text: "download it" };
const weights = encodeSafetensors(
  new Map([["w", { dtype: "F32", shape: [1], bytes: new Float32Array(1) }]]),
);

const FOREIGN: Foreign[] = [
  {
    what: "a PyTorch checkpoint",
    bytes: zip("archive/data.pkl"),
    named: "a PyTorch file",
    ...TORCH,
  },
  { what: "one named by its file", bytes: zip("best/data.pkl"), named: "a PyTorch file", ...TORCH },
  { what: "TorchScript", bytes: zip("ViT/version"), named: "a PyTorch file", ...TORCH },
  {
    what: "TorchScript of a network with constants",
    bytes: zip("script/data/0"),
    named: "a PyTorch file",
    ...TORCH,
  },
  {
    what: "a PyTorch checkpoint of old",
    bytes: bytesOf("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M"), // as torch.save writes it
    named: "a PyTorch file",
    ...TORCH,
  },
  {
    what: "a pickle",
    bytes: bytesOf("\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94."),
    named: "a Python pickle",
    array: "never loaded; if you trust it, convert it by",
    tensors: "wsvad import --runner NAME",
    text: "give the text file",
  },
  ...["cnumpy.core.multiarray\n_reconstruct\np0\n(c", "(dp0\nVa\np1\n", "(lp0\n", "}q\0X", "]q\0c"]
    .map((beginning) => ({
      what: `a pickle of protocol 0 or 1, ${JSON.stringify(beginning)}`,
      bytes: bytesOf(beginning, 60),
      named: "a Python pickle",
      array: "never loaded",
      tensors: "wsvad import --runner NAME",
      text: "give the text file",
    })),
  {
    what: "npz",
    bytes: zip("features.npy"),
    named: "a numpy .npz archive",
    array: "numpy.load('IN.npz')",
    tensors: "wsvad import --runner NAME",
    text: "give the text file",
  },
  {
    what: "another zip archive",
    bytes: zip("features/Abuse001.npy.txt"),
    named: "a zip",
    ...UNPACK,
  },
  {
    what: "HDF5",
    bytes: bytesOf("\x89HDF\r\n\x1a\n\0\0\0\0\0\x08", 300),
    named: "an HDF5 file",
    array: "h5py.File('IN.h5')",
    tensors: "give a .safetensors file",
    text: "give the text file",
  },
  {
    what: "MATLAB",
    bytes: bytesOf("MATLAB 5.0 MAT-file, Platform: GLNXA64", 200),
    named: "a MATLAB file",
    array: "scipy.io.loadmat",
    tensors: "wsvad import --runner NAME",
    text: "give the text file",
  },
  ...[true, false].map((little) => ({
    what: `MATLAB 4, ${little ? "little" : "big"}-endian`,
    bytes: matlab4(little),
    named: "a MATLAB file of version 4",
    array: "save -v6",
    tensors: "save -v6",
    text: "give the text file",
  })),
  {
    what: "Parquet",
    bytes: bytesOf("PAR1\x15\x04", 99),
    named: "a Parquet or Arrow table",
    array: "numpy.save",
    tensors: "give a checkpoint",
    text: "give the text file",
  },
  {
    what: "a text in UTF-16",
    bytes: bytesOf("\xff\xfe1\0 \x002\0\n\0"),
    named: "a text in UTF-16",
    array: "save it as UTF-8",
    tensors: "give a checkpoint",
  },
  { what: "mp4", bytes: bytesOf("\0\0\0\x18ftypmp42", 99), named: "a video", ...EXTRACT },
  { what: "avi", bytes: bytesOf("RIFF\x10\0\0\0AVI LIST", 99), named: "a video", ...EXTRACT },
  { what: "mkv", bytes: bytesOf("\x1aE\xdf\xa3\x9f", 99), named: "a video", ...EXTRACT },
  {
    what: "a transport stream",
    bytes: Uint8Array.from({ length: 600 }, (_, i) => i % 188 === 0 ? 0x47 : 0x10),
    named: "a video",
    ...EXTRACT,
  },
  { what: "jpeg", bytes: bytesOf("\xff\xd8\xff\xe0\0\x10JFIF", 99), named: "an image", ...EXTRACT },
  {
    what: "gzip",
    bytes: bytesOf("\x1f\x8b\x08\0\0\0\0\0\0\x03", 99),
    named: "a compressed",
    ...UNPACK,
  },
  {
    what: "tar",
    bytes: bytesOf(`train/Abuse001.npy${"\0".repeat(239)}ustar`, 512),
    named: "a tar archive",
    ...UNPACK,
  },
  {
    what: "a pointer of Git LFS",
    bytes: bytesOf("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"),
    named: "a Git LFS pointer",
    ...FETCH,
  },
  { what: "a page", bytes: bytesOf("<!DOCTYPE html>\n<html>"), named: "a web page", ...PAGE },
  {
    what: "features as text, as DeepMIL's",
    bytes: bytesOf("0.0 1.25 3e-05 -0.5\n0.25 0.0 1.0 2.0\n".repeat(40)),
    named: "a text of numbers",
    array: "numpy.loadtxt",
    tensors: "give a checkpoint",
  },
  ...Object.entries({
    "commas": "0.5,1,2\n3,4,5\n",
    "semicolons": "0.5;1;2\n3;4;5\n",
    "a byte order mark": "\xef\xbb\xbf0.5 1 2\n3 4 5\n",
    "a comment": "# snippets x channels\r\n0.5 1 2\r\n3 4 5\r\n",
    "no digit before the point": "-.5 .25\n.5 -.25\n",
    "what is not a number": "nan 1.5\n",
  }).map(([what, text]) => ({
    what: `features with ${what}`,
    bytes: bytesOf(text),
    named: "a text of numbers",
    array: "numpy.loadtxt",
    tensors: "give a checkpoint",
  })),
  {
    what: "features",
    bytes: encodeNpy([3], new Float32Array(3)),
    named: "a .npy array",
    tensors: "give a .safetensors file",
    text: "give the text file",
  },
  {
    what: "weights",
    bytes: weights,
    named: "a .safetensors file",
    array: "give a .npy file",
    text: "give the text file",
  },
];

for (const { what, bytes, named, ...mends } of FOREIGN) {
  Deno.test(`readers name ${what} and say what to do`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "file");
      await Deno.writeFile(path, bytes);
      const readers: [string | undefined, (() => unknown)[]][] = [
        [mends.array, [() => readNpy(path), () => readNpyHeader(path)]],
        [mends.tensors, [() => readSafetensors(path)]],
        [mends.text, [
          () => readText(path),
          () => readSettings(path),
          () => readVocabulary(path),
        ]],
      ];
      for (const [mend, reads] of readers) {
        if (mend === undefined) continue;
        for (const read of reads) {
          const error = await assertRejects(async () => await read(), Error, `it is ${named}`);
          assertThrows(
            () => {
              throw error;
            },
            Error,
            mend,
          );
          if (!isFault(error)) throw error;
        }
      }
    }));
}

Deno.test("a text of numbers is told in no time from one that begins like it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "list.txt");
    await Deno.writeTextFile(path, "1  2  3  ".repeat(50) + "x");
    await assertRejects(() => readNpy(path), SyntaxError, "expected a .npy array");
  }));

/** Everything that opens a file, on paths that have no end, wait for ever, or are too large. */
const READERS: [string, (path: string) => unknown][] = [
  ["readText", (path) => readText(path)],
  ["readBytes", (path) => readBytes(path)],
  ["readNpy", (path) => readNpy(path)],
  ["readSafetensors", (path) => readSafetensors(path)],
  ["readSettings", (path) => readSettings(path)],
  ["readVocabulary", (path) => readVocabulary(path)],
  ["InputFile", (path) => InputFile.open(path)],
];

async function refusal(read: (path: string) => unknown, path: string): Promise<string> {
  // A reader that opened the pipe would wait for ever, one of an endless device would run out of
  // memory.
  const error = await assertRejects(async () => await read(path), Error);
  if (!isFault(error)) throw error;
  return error.message;
}

for (const [name, read] of READERS) {
  Deno.test({
    name: `${name}() refuses pipes, devices, folders and links that lead nowhere`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        const at = (file: string) => join(folder, file);
        await new Deno.Command("mkfifo", { args: [at("pipe")] }).output();
        await Deno.symlink("/no/such/disk/x", at("gone"));
        await Deno.symlink(at("round"), at("round"));
        const told: [string, string][] = [
          [at("pipe"), "it is a device or a pipe"],
          ["/dev/zero", "it is a device or a pipe"],
          [at("gone"), `"${at("gone")}" is a link to "/no/such/disk/x", which does not exist`],
          [at("round"), `"${at("round")}" is a link to "${at("round")}", and the links lead in`],
        ];
        for (const [path, expected] of told) {
          const message = await refusal(read, path);
          if (!message.includes(expected)) throw new Error(`${path}: ${message}`);
        }
      }),
  });
}

/** A file of that many zeros, which takes no room on the disk. */
async function sparse(path: string, bytes: number, beginning = new Uint8Array(0)): Promise<void> {
  await Deno.writeFile(path, beginning);
  await Deno.truncate(path, bytes);
}

for (const name of ["readText", "readSettings", "readVocabulary"]) {
  Deno.test(`${name}() refuses 100 MB by the size alone`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "large");
      await sparse(path, 100 * 2 ** 20);
      const message = await refusal(Object.fromEntries(READERS)[name], path);
      if (!/it has 100 MB, at most \d+ [kM]B are read/.test(message)) throw new Error(message);
    }));
}

Deno.test("arrays of 3 and 41 GB are refused by their header, before they are read", () =>
  withFolder(async (folder) => {
    for (const gigabytes of [3, 41]) {
      const shape = [10, 10_000 * gigabytes, 2500];
      const empty = encodeNpy([0], new Float32Array(0)); // 128 bytes with the padding
      const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
      empty.set(new TextEncoder().encode(dict.padEnd(empty.length - 11) + "\n"), 10);
      const path = join(folder, `${gigabytes}.npy`);
      await sparse(path, empty.length + gigabytes * 1e9, empty);
      await readNpyHeader(path);
      for (const read of [readNpy, readBytes]) {
        const message = await refusal(read, path);
        if (!message.includes(`it takes ${gigabytes}.0 GB in one piece`)) throw new Error(message);
      }
    }
  }));
