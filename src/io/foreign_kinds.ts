/**
 * Files of other kinds than the one expected, known by their first bytes, and what to do about
 * each. Every reader asks here, so that a kind that is added is named wherever a file is read.
 */

/** What a reader expects: a .npy array, a .safetensors file, or a text. */
export type Wanted = "array" | "tensors" | "text";

/** Bytes from the beginning of a file that tell its kind. */
export const kindBytes = 512;

interface Kind {
  /** As in "it is a video". */
  name: string;
  matches(head: Uint8Array, text: string): boolean;
  /** What to do where an array, tensors or a text are wanted; null: it is what is wanted. */
  array: string | null;
  tensors: string | null;
  text: string | null;
}

const OTHER_TEXT = "give the text file that the setting asks for";
const UNPACK = { array: "unpack it first", tensors: "unpack it first", text: "unpack it first" };
const EXTRACT = {
  array:
    "wsvad reads features, extract them from it first (I3D, C3D or CLIP) and save them as .npy",
  tensors: "give a checkpoint",
  text: OTHER_TEXT,
};

/** Windows Media. */
const ASF = "\x30\x26\xb2\x75\x8e\x66\xcf\x11";

/** A PyTorch file of weights as .safetensors: for TorchScript archives as for saved state dicts. */
export function weightsConversion(from: string, to: string): string {
  return `python3 -c "import torch, safetensors.torch as s; m = torch.load('${from}', ` +
    `map_location='cpu', weights_only=False); m = m if isinstance(m, dict) else m.state_dict(); ` +
    `s.save_file({k: v.float().contiguous() for k, v in m.items()}, '${to}')"`;
}

/** For what `wsvad import` reads. */
const IMPORT = "if it holds a method's weights, take it over by `wsvad import --runner NAME FILE`";

// What the readers read comes first: the length that begins a .safetensors file may look like
// anything.
const KINDS: readonly Kind[] = [
  {
    name: "a .safetensors file",
    matches: (head, text) =>
      text[8] === "{" && head[3] < 6 && head.subarray(4, 8).every((byte) => byte === 0),
    array: "give a .npy file; .safetensors files hold weights",
    tensors: null,
    text: "give the text file that the setting asks for; .safetensors files hold weights",
  },
  {
    name: "a .npy array",
    matches: (_, text) => text.startsWith("\x93NUMPY"),
    array: null,
    tensors: "give a .safetensors file; .npy files hold features",
    text: "give the text file that the setting asks for; .npy files hold features",
  },
  {
    name: "a PyTorch file",
    matches: (head, text) =>
      begins(text, "\x80\x02\x8a\x0al\xfc\x9cF") ||
      isZip(text) &&
        /^([^/]*\/)?(data\.pkl|data\/\d+|byteorder|version|\.format_version|code\/.*)$/
          .test(firstMember(head, text)),
    array: "if it holds a method's weights, take it over by `wsvad import --runner NAME FILE`; " +
      'if it holds features, convert it by `python3 -c "import torch, numpy; ' +
      "numpy.save('OUT.npy', torch.load('IN.pt', map_location='cpu').float().numpy())\"`",
    tensors: IMPORT,
    text: OTHER_TEXT,
  },
  {
    name: "a numpy .npz archive",
    matches: (head, text) => isZip(text) && firstMember(head, text).endsWith(".npy"),
    array: "take its array out by `python3 -c \"import numpy; z = numpy.load('IN.npz'); " +
      "numpy.save('OUT.npy', z[z.files[0]])\"`",
    tensors: IMPORT,
    text: OTHER_TEXT,
  },
  {
    name: "a zip archive",
    matches: (_, text) => begins(text, "PK\x03\x04", "PK\x05\x06"),
    ...UNPACK,
  },
  {
    name: "an HDF5 file",
    matches: (_, text) => begins(text, "\x89HDF\r\n\x1a\n", "MATLAB 7.3"),
    array: "take its array out by `python3 -c \"import h5py, numpy; f = h5py.File('IN.h5'); " +
      "numpy.save('OUT.npy', f[list(f)[0]][()])\"`",
    tensors: "give a .safetensors file",
    text: OTHER_TEXT,
  },
  {
    name: "a MATLAB file",
    matches: (_, text) => text.startsWith("MATLAB 5.0 MAT-file"),
    array: 'take its array out by `python3 -c "import scipy.io, numpy; m = scipy.io.loadmat(' +
      "'IN.mat'); numpy.save('OUT.npy', m[[k for k in m if k[0] != '_'][0]])\"`",
    tensors: IMPORT,
    text: OTHER_TEXT,
  },
  {
    name: "a MATLAB file of version 4",
    matches: isMatlab4,
    array: "save it again as version 6 (save -v6 FILE features, or scipy.io.savemat)",
    tensors: "save it again as version 6 (save -v6, or scipy.io.savemat)",
    text: OTHER_TEXT,
  },
  {
    name: "a Python pickle",
    // Protocols 0 and 1 have no mark: arrays, dicts, lists and tuples begin so.
    matches: (_, text) =>
      begins(text, "\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05", "}q\0", "]q\0") ||
      /^(c[\w.]+\n[\w.]+\n[pq]|\([dl]p0\n)/.test(text),
    array:
      "if it holds a method's weights, take it over by `wsvad import --runner NAME FILE`; as " +
      "features it could run any program and is never loaded; if you trust it, convert it by " +
      "`python3 -c \"import pickle, numpy; numpy.save('OUT.npy', " +
      "numpy.asarray(pickle.load(open('IN.pkl', 'rb')), 'float32'))\"`",
    tensors: IMPORT,
    text: OTHER_TEXT,
  },
  {
    name: "a video",
    matches: (head, text) =>
      text.slice(4, 8) === "ftyp" || begins(text, "RIFF") && text.slice(8, 12) === "AVI " ||
      begins(text, "\x1aE\xdf\xa3", "FLV\x01", "OggS", "\0\0\x01\xba", "\0\0\x01\xb3", ASF) ||
      [0, 188, 376].every((at) => head[at] === 0x47),
    ...EXTRACT,
  },
  {
    name: "an image",
    matches: (_, text) =>
      begins(text, "\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF87a", "GIF89a") ||
      begins(text, "RIFF") && text.slice(8, 12) === "WEBP",
    ...EXTRACT,
  },
  {
    name: "a compressed file",
    matches: (_, text) =>
      begins(
        text,
        "\x1f\x8b",
        "BZh",
        "\xfd7zXZ\0",
        "7z\xbc\xaf\x27\x1c",
        "\x28\xb5\x2f\xfd",
        "Rar!",
      ),
    ...UNPACK,
  },
  {
    name: "a Parquet or Arrow table",
    matches: (_, text) => begins(text, "PAR1", "ARROW1\0\0", "FEA1"),
    array: "features must be .npy: write its columns of numbers by numpy.save",
    tensors: "give a checkpoint",
    text: OTHER_TEXT,
  },
  { name: "a tar archive", matches: (_, text) => text.slice(257, 262) === "ustar", ...UNPACK },
  {
    name: "a Git LFS pointer, not the file itself",
    matches: (_, text) => text.startsWith("version https://git-lfs.github.com/spec/"),
    array: "fetch the file by `git lfs pull`",
    tensors: "fetch the file by `git lfs pull`",
    text: "fetch the file by `git lfs pull`",
  },
  {
    name: "a web page",
    matches: (_, text) => /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head)\b/i.test(text),
    array: "a download gave a page in place of the file: download it again, by the page's own link",
    tensors:
      "a download gave a page in place of the file: download it again, by the page's own link",
    text: "a download gave a page in place of the file: download it again, by the page's own link",
  },
  {
    name: "a text in UTF-16",
    matches: (_, text) => begins(text, "\xff\xfe", "\xfe\xff"),
    array: "save it as UTF-8",
    tensors: "give a checkpoint",
    text: null,
  },
  {
    name: "a text of numbers",
    matches: (_, text) => NUMBERS.test(wholeWords(text.replace(BESIDE_NUMBERS, ""), text.length)),
    array:
      "features must be .npy: convert it by `python3 -c \"import numpy; numpy.save('OUT.npy', " +
      "numpy.loadtxt('IN.txt', 'float32', ndmin=2))\"` (delimiter=',' where commas stand)",
    tensors: "give a checkpoint",
    text: null,
  },
];

/**
 * What the file is, where it is of another known kind than the one wanted, and what to do: the end
 * of a message. Null for unknown bytes and for what is wanted.
 *
 * @param head the first {@link kindBytes} bytes of the file, or all of a shorter one
 */
export function foreignKind(head: Uint8Array, wanted: Wanted): string | null {
  // One character a byte; TextDecoder's latin1 is windows-1252 and moves 0x80 to 0x9f.
  const text = Array.from(head.subarray(0, kindBytes), (byte) => String.fromCharCode(byte)).join(
    "",
  );
  const kind = KINDS.find(({ matches }) => matches(head, text));
  if (kind === undefined || kind[wanted] === null) return null;
  return `it is ${kind.name}; ${kind[wanted]}`;
}

function begins(text: string, ...signatures: string[]): boolean {
  return signatures.some((signature) => text.startsWith(signature));
}

function isZip(text: string): boolean {
  return text.startsWith("PK\x03\x04");
}

/** The name of a zip archive's first member. */
function firstMember(head: Uint8Array, text: string): string {
  return text.slice(30, 30 + head[26] + 256 * head[27]);
}

/** Five numbers, little-endian or big-endian, and the name of the first variable. */
function isMatlab4(head: Uint8Array, text: string): boolean {
  if (head.length < 22) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return [true, false].some((little) => {
    const [type, rows, columns, complex, length] = [0, 4, 8, 12, 16]
      .map((at) => view.getUint32(at, little));
    const kinds = type - (little ? 0 : 1000);
    return kinds >= 0 && kinds <= 52 && kinds % 10 <= 2 && rows * columns > 0 && complex <= 1 &&
      length >= 2 && length <= 64 && /^[A-Za-z]\w*\0$/.test(text.slice(20, 20 + length));
  });
}

/** Numbers between spaces, commas or semicolons. */
const NUMBERS =
  /^\s*[-+]?(\.?\d[-+.\deE]*|nan|inf)([\s,;]+[-+]?(\.?\d[-+.\deE]*|nan|inf))+[\s,;]*$/i;
/** A byte order mark, and the comments that numpy.savetxt writes. */
const BESIDE_NUMBERS = /^\xef\xbb\xbf|(?<=^|[\r\n])[ \t]*#[^\r\n]*/g;

/** Without the last word, which the end of the head may cut. */
function wholeWords(text: string, read: number): string {
  return read < kindBytes ? text : text.replace(/[^\s,;]*$/, "").replace(/[\s,;]+$/, "");
}
