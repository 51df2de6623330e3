/** Class lists, and how the id of a video tells its class. */

import { nearest } from "../config/nearest.ts";
import type { classLists } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { binaryClasses, ucfClasses, xdClasses } from "../text/class_names.ts";

/** The classes of a data set. */
export interface ClassList {
  /** Names by class id; 0 is Normal. */
  classes: readonly string[];
  /**
   * Class ids by the id of a video, the one that stands for it first; null where the id does not
   * tell.
   */
  classesOf(videoId: string): number[] | null;
  /** Class ids by the folders of a file below those of its split, where folders tell them. */
  classesOfFolders?(folders: readonly string[]): number[] | null;
  /** Class ids by what a list writes beside a video, where that is not the name of a class. */
  classesOfLabel?(label: string): number[] | null;
  /**
   * Label of the one segment of a normal video in the official detection mAP: on UCF-Crime none of
   * the classes, so that Normal never counts; on XD-Violence Normal itself.
   */
  normalSegment: string;
  /** What an id must look like, for messages. */
  form: string;
}

/** Label codes of XD-Violence by class id; there is no B3. Order as in VadCLIP's label map. */
const xdCodes = ["A", "B1", "B2", "B4", "B5", "B6", "G"] as const;
/** `B2` -> `Shooting`; undefined for an unknown code. */
export function xdClassName(code: string): string | undefined {
  return xdClasses[(xdCodes as readonly string[]).indexOf(code)];
}

/** `B2-G-0` -> 2, 6; null where a code is unknown. */
function idsOfCodes(codes: string): number[] | null {
  const ids = codes.split("-").filter((code) => code !== "0")
    .map((code) => (xdCodes as readonly string[]).indexOf(code));
  return ids.length === 0 || ids.includes(-1) ? null : [...new Set(ids)];
}

/** What lists and folders call the two sides. */
const normalWord = /^(normal|0(\.0*)?)$/i;
const abnormalWord = /^(abnormal|anomal(y|ous)|1(\.0*)?)$/i;

/** The known class lists, by their name in `data.classes`. */
export const classListOf: Record<typeof classLists[number], ClassList> = {
  /** A name that begins with `normal`, in any case, is Normal; else a class name is its prefix. */
  ucf_crime: {
    classes: ucfClasses,
    classesOf(id) {
      if (id.toLowerCase().startsWith("normal")) return [0];
      const found = ucfClasses.findIndex((name, i) => i > 0 && id.startsWith(name));
      return found > 0 ? [found] : null;
    },
    normalSegment: "A",
    form: `a name that begins with one of ${ucfClasses.join(", ")}`,
  },
  /**
   * `..._label_B2-G-0`: up to three codes, 0 is filler, order carries no meaning; the first code
   * stands for a video with several. `_label_A` is Normal.
   */
  xd_violence: {
    classes: xdClasses,
    classesOf(id) {
      const codes = /_label_([ABG0-9-]+)$/.exec(id)?.[1];
      return codes === undefined ? null : idsOfCodes(codes);
    },
    classesOfLabel: idsOfCodes,
    normalSegment: xdClasses[0],
    form: `a name that ends in _label_ and codes out of ${xdCodes.join(", ")}`,
  },
  /** Own data: the folder next to the file tells the side, or the beginning of its name. */
  binary: {
    classes: binaryClasses,
    classesOf(id) {
      if (/^normal/i.test(id)) return [0];
      return /^(abnormal|anomal)/i.test(id) ? [1] : null;
    },
    classesOfFolders(folders) {
      const told = folders.toReversed().map(sideOfWord).find((side) => side !== null);
      return told === undefined || told === null ? null : [told];
    },
    // Class names of the public sets say that a video is abnormal.
    classesOfLabel: (label) => {
      const known = [...ucfClasses, ...xdClasses].some((name) =>
        name.toLowerCase() === label.toLowerCase()
      );
      return known ? [1] : null;
    },
    normalSegment: binaryClasses[0],
    form: "a folder normal or abnormal, or a list with labels Normal and Abnormal (or 0 and 1)",
  },
};

/** Whether a label says that a video is abnormal, and not of which class. */
export function saysAbnormal(label: string): boolean {
  return sideOfWord(label) === 1;
}

/** 0 for a word that says normal, 1 for one that says abnormal. */
function sideOfWord(word: string): 0 | 1 | null {
  return normalWord.test(word) ? 0 : abnormalWord.test(word) ? 1 : null;
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
  list: ClassList,
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

function listHint({ classes }: ClassList): string {
  return classes.length > 2 ? " (binary for own data of two classes)" : "";
}

function suggestion(word: string, list: ClassList): string {
  const found = word === "" ? undefined : nearest(word, list.classes);
  return found === undefined ? "" : ` (the nearest class is ${found})`;
}
