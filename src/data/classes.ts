/** How the id, the folder or the label of a video tells its class. */

import { nearest } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import type { DataSet } from "../sets/data_set.ts";
import { classNames } from "../sets/index.ts";
import { sideOfWord } from "../sets/sides.ts";

/** Whether a label says that a video is abnormal, and not of which class. */
export function saysAbnormal(label: string): boolean {
  return sideOfWord(label) === 1;
}

/**
 * The class ids of a video, the one that stands for it first.
 *
 * @param label class name, or word or number for its side, that a list or a manifest gives for the
 *   video; goes before its folder, and that before its name
 * @param file what messages name: where the video was found
 * @param folders of the file below those of its split
 * @throws {RangeError} a fault: neither name nor label tells the class; the nearest class is named
 */
export function classIdsOf(
  videoId: string,
  list: DataSet,
  file: string,
  label?: string,
  folders: readonly string[] = [],
): number[] {
  if (label !== undefined) {
    const labelled = list.classes.findIndex((name) => name.toLowerCase() === label.toLowerCase());
    if (labelled >= 0) return [labelled];
    const coded = list.classesOfLabel?.(label);
    if (coded) return coded;
    const side = sideOfWord(label);
    if (side === 0 || side === 1 && list.classes.length === 2) return [side];
    if (list.classes.length === 2 && isClassName(label)) return [1];
    if (side === null) {
      throw fault(
        RangeError,
        `Cannot tell the class of "${file}": its label is "${label}", expected one of ${
          list.classes.join(", ")
        }${suggestion(label, list)}${listHint(list)}`,
      );
    }
  }
  const named = list.classesOfFolders?.(folders) ?? list.classesOf(videoId);
  if (named?.[0] === 0 && label !== undefined) {
    throw fault(
      RangeError,
      `Cannot tell the class of "${file}": its label is "${label}", its name says Normal; correct one of them`,
    );
  }
  if (named !== null) return named;
  throw fault(
    RangeError,
    `Cannot tell the class of "${file}": expected ${list.form}${
      suggestion(/^[A-Za-z]+/.exec(videoId)?.[0] ?? "", list)
    }; rename the file, or choose its class list with data.classes${listHint(list)}`,
  );
}

/** Whether any data set has a class of this name, in any case. */
function isClassName(label: string): boolean {
  return classNames().some((name) => name.toLowerCase() === label.toLowerCase());
}

function listHint({ classes }: DataSet): string {
  return classes.length > 2 ? " (binary for own data of two classes)" : "";
}

function suggestion(word: string, list: DataSet): string {
  const found = word === "" ? undefined : nearest(word, list.classes);
  return found === undefined ? "" : ` (the nearest class is ${found})`;
}
