/** A list file as rows of fields: which character separates them, and what it has for quotes. */

import { parse } from "csv-parse/sync";

/** A line that is not empty, in its fields. */
export interface Fields {
  /** From 1. */
  line: number;
  fields: string[];
  text: string;
}

/** What separates the fields of a list; null where each line is one field. */
export type Separator = "," | ";" | "\t" | " " | null;

/** The separators as messages and logs call them. */
export const separatorNames: Record<Exclude<Separator, null>, string> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  " ": "spaces",
};

/** Extensions of what official lists name. */
const fileName = /\.(npy|npz|mp4|avi|mkv|txt|mat|h5|pth)$/i;
const videoName = /_x264|_label_/;

/** Whether a field names a file or a video, and is no label. */
export function namesVideo(field: string): boolean {
  return fileName.test(field) || videoName.test(field) || /[\\/]/.test(field);
}

/**
 * The lines of a text that are neither blank nor a comment, which begins with `#` and a space, with
 * Unix or Windows line ends and without a byte order mark.
 */
export function linesOf(text: string): Fields[] {
  const rows: Fields[] = [];
  text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw.trim();
    if (line !== "" && !/^#(\s|$)/.test(line)) {
      rows.push({ line: index + 1, fields: [], text: line });
    }
  });
  return rows;
}

/**
 * The separator that most lines have. Spaces count only where what they cut off is no part of a
 * path: the folders of official lists have spaces in their names.
 */
export function separatorOf(rows: readonly Fields[]): Separator {
  const counts = (["\t", ";", ","] as const).map((separator) => ({
    separator,
    count: rows.filter(({ text }) => (fieldsOf(text, separator) ?? [text]).length > 1).length,
  }));
  const most = counts.reduce((a, b) => b.count > a.count ? b : a);
  if (2 * most.count > rows.length) return most.separator;
  const bySpaces = rows.filter(({ text }) => fieldsBySpaces(text).length > 1).length;
  return 2 * bySpaces > rows.length ? " " : most.count > 0 ? most.separator : null;
}

/**
 * The trimmed fields of a line; null where its quotes are not closed, or stand in the middle of a
 * field.
 */
export function fieldsOf(text: string, separator: Separator): string[] | null {
  if (separator === " ") return fieldsBySpaces(text).map(withoutQuotes);
  if (!text.includes('"')) {
    const fields = separator === null ? [text] : text.split(separator);
    return fields.map((field) => withoutQuotes(field.trim()));
  }
  try {
    const [fields] = parse(text, { delimiter: separator ?? "\0", trim: true }) as string[][];
    return fields;
  } catch {
    return null;
  }
}

/**
 * Fields between spaces, where a path may have spaces itself: a row number in front and a label
 * behind are cut off, if what is left names a video. A header is cut at each space.
 */
function fieldsBySpaces(text: string): string[] {
  const quoted = /^(?:(\d+)\s+)?("[^"]+"|'[^']+')(?:\s+(\S+))?$/.exec(text);
  if (quoted !== null) return quoted.slice(1).filter((field) => field !== undefined);
  if (/^[A-Za-z_-]+(\s+[A-Za-z_-]+)+$/.test(text) && !namesVideo(text)) return text.split(/\s+/);
  const [, index, rest] = /^(?:(\d+)\s+)?(.+)$/.exec(text)!;
  const cut = /^(.*\S)\s+(\S+)$/.exec(rest);
  const fields = cut !== null && !namesVideo(cut[2]) && namesVideo(cut[1])
    ? [cut[1], cut[2]]
    : [rest];
  if (index === undefined) return fields;
  return namesVideo(fields[0]) ? [index, ...fields] : [text];
}

function withoutQuotes(field: string): string {
  const quote = field[0];
  const closed = field.length > 1 && (quote === '"' || quote === "'") && field.at(-1) === quote;
  return closed ? field.slice(1, -1) : field;
}
