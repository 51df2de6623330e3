/**
 * Paths of every kind in the place of every path that a command takes, on the files of
 * bad_inputs.ts. None may be answered with a stack trace, read without an end, or waited for.
 */

import { GOOD } from "./bad_inputs.ts";
import type { Mistake } from "./mistakes.ts";

const DEVICE = ["--device", "cpu", "--blas", "off"];

/** Settings without some, which are given otherwise. */
const without = (...keys: string[]) =>
  GOOD.filter((setting) => !keys.some((key) => setting.startsWith(`${key}=`)));

/** What no file lies at, by kind. */
const NO_FILES = {
  "a folder": "empty",
  "a name below a file": "good.npy/child",
  "a pipe": "pipe",
  "a device without an end": "/dev/zero",
  "a link to itself": "circle",
  "a file that the system does not give": "/proc/self/mem",
  "a name that is too long": "n".repeat(300),
  "an empty name": "",
};
type Kind = keyof typeof NO_FILES;

/** Where "@" stands a file is read. */
const READ: string[][] = [
  ["train", ...GOOD, ...DEVICE, "--plugin", "@"],
  ["train", ...without("data.ground_truth"), ...DEVICE, 'data.ground_truth="@"'],
  ["train", ...without("data.ground_truth"), ...DEVICE, 'data.annotations="@"'],
  ["train", ...without("data.train"), ...DEVICE, 'data.train="@"'],
  ["train", ...GOOD, ...DEVICE, 'data.val="@"'],
  ["train", ...DEVICE, "runner=s3r", 'runner.encoder.dictionary="@"'],
  ["train", ...DEVICE, "runner=vadclip", "data.features=clip", 'runner.branch.clip="@"'],
  ["train", ...DEVICE, "runner=pel4vad", "data.features=clip", 'runner.branch.file="@"'],
  ["train", ...DEVICE, "--resume", "@"],
  ["eval", "@", ...DEVICE],
  ["score", ...DEVICE, "-c", "run", "@"],
  ["score", ...DEVICE, "-c", "@", "good.npy"],
  ["extract", ...DEVICE, "-b", "c3d", "--out", "features", "video.mp4", "--weights", "@"],
  ["import", "@", "--runner", "mil"],
  ["export", "@", "--out", "model.pth"],
  ["verify", "--weights", "@", ...DEVICE, "--against", "good.npy"],
  ["verify", "--weights", "run", ...DEVICE, "--against", "@"],
  ["data", "convert", "@", "--out", "converted"],
  ["data", "gt", ...without("data.ground_truth"), 'data.annotations="@"'],
  ["data", "manifest", "--out", "m.jsonl", ...without("data.train"), 'data.train="@"'],
  ["dictionary", "--out", "d.npy", ...without("data.train"), 'data.train="@"'],
  ["slots", "--plugin", "@"],
  ["matrix", ...DEVICE, "--out", "table", "--official", "@"],
  ["matrix", ...DEVICE, "--cell", "@"],
  ["report", "@"],
  ["compare", "run", "@"],
  ["runs", "note", "@", "a note"],
  ["runs", "rm", "--yes", "@"],
  ["config", "--config-dir", "@"],
  ["config", "--runner", "@"],
];

/** Where "@" stands a folder is made, or a file is written; an empty folder is one to fill. */
const WRITTEN: string[][] = [
  ["train", ...GOOD, ...DEVICE, "--out", "@"],
  ["eval", "run", ...DEVICE, "--out", "@"],
  ["score", ...DEVICE, "-c", "run", "good.npy", "--out", "@"],
  ["extract", ...DEVICE, "-b", "motion", "video.mp4", "--out", "@"],
  ["data", "prepare", ...GOOD, "--float16", "--out", "@"],
  ["data", "convert", "c3d.txt", "--out", "@"],
  ["data", "gt", ...without("data.ground_truth"), "data.annotations=events.txt", "--folder", "@"],
  ["export", "run", "--out", "@"],
  ["compare", "run", "run", "--out", "@"],
  ["report", "run", "--out", "@"],
  ["dictionary", ...GOOD, "--out", "@"],
  ["matrix", "--runners", "mil", ...without("runner"), ...DEVICE, "--out", "@"],
];

/** A message names the path, or the part of it that is in the way; an empty one has no name. */
function told(path: string, line: string[]): RegExp {
  if (path === "") return line.includes("@") ? / is empty; give it a value|the run ""/ : /./;
  return new RegExp(path.slice(0, "good.npy".length).replaceAll(".", "\\."));
}

function mistakesWith(lines: string[][], kinds: Kind[]): Mistake[] {
  return lines.flatMap((line) =>
    kinds.map((kind) => ({
      what: `${kind} in the place of "@" in ${line.join(" ")}`,
      args: line.map((word) => word.replace("@", NO_FILES[kind])),
      message: told(NO_FILES[kind], line),
      ignore: Deno.build.os !== "linux",
    }))
  );
}

const EXTRACTED = ["extract", ...DEVICE, "-b", "motion", "--out", "features", "@"];

/** What is refused before any work, whatever is to be done with it. */
const NO_PLACES: Kind[] = [
  "a name below a file",
  "a pipe",
  "a device without an end",
  "a link to itself",
  "a name that is too long",
  "an empty name",
];

export const PATHS: Mistake[] = [
  {
    what: "a pipe as BLAS",
    args: ["train", ...GOOD, "--device", "cpu", "--blas", "./pipe"],
    message: 'Cannot open the BLAS "./pipe": it is a device or a pipe; give the path of a file',
    ignore: Deno.build.os === "windows",
  },
  ...mistakesWith(READ, Object.keys(NO_FILES) as Kind[]),
  // Of a file that cannot be decoded, the folder of features keeps a record.
  ...mistakesWith([EXTRACTED], NO_PLACES),
  ...mistakesWith(WRITTEN, NO_PLACES),
];
