/**
 * Features as a text of numbers: a snippet (or segment) a line, separated by spaces, tabs, commas
 * or semicolons; lines that begin with # are comments. The C3D files of the original MIL are 32
 * such lines of 4096 numbers.
 *
 * Source: WaqasSultani/AnomalyDetectionCVPR2018, SampleVideos.
 */

import { fault } from "../../fault.ts";
import { readText } from "../read_file.ts";
import { type FeatureReader, wholeReader } from "./feature_reader.ts";

/** Largest text: an hour of C3D, where a number takes nine characters. */
const MOST_BYTES = 2 ** 29;
/** As it was before it became a text. */
const ITEM_BYTES = 4;

/**
 * Reads the first line with numbers and counts the others.
 *
 * @throws {SyntaxError | RangeError} a fault: not such a text, or too large
 */
export async function openTextFeatures(path: string): Promise<FeatureReader> {
  const text = await textOf(path);
  const shape = shapeOf(text);
  return wholeReader(
    { name: path, shape, itemBytes: ITEM_BYTES },
    async () => valuesOf(await textOf(path), shape, path),
  );
}

/** Lines with numbers on them, and how many the first has. */
function shapeOf(text: string): [lines: number, columns: number] {
  let lines = 0, columns = 0;
  for (let at = 0, end; at < text.length; at = end + 1) {
    end = lineEnd(text, at);
    const line = text.slice(at, end);
    if (!hasNumbers(line)) continue;
    if (lines === 0) columns = fieldsOf(line).length;
    lines++;
  }
  return [lines, columns];
}

/** With Unix line ends, or Windows ones. */
async function textOf(path: string): Promise<string> {
  const text = await readText(path, { most: MOST_BYTES });
  return text.includes("\n") ? text : text.replaceAll("\r", "\n");
}

/** Whether there are fields on a line, and no comment. */
function hasNumbers(line: string): boolean {
  return /^[\s,;]*[^\s,;#]/.test(line);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function fieldsOf(line: string): string[] {
  return line.trim().split(/[\s,;]+/).filter((field) => field !== "");
}

function valuesOf(text: string, shape: readonly number[], path: string): Float32Array {
  const [rows, columns] = shape;
  const values = new Float32Array(rows * columns);
  const refuse = (line: number, problem: string): never => {
    throw fault(
      SyntaxError,
      `Cannot read features "${path}", line ${line}: ${problem}; expected ${columns} numbers a line`,
    );
  };
  let at = 0, line = 0, filled = 0;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const written = text.slice(at, end);
    line++;
    at = end + 1;
    if (!hasNumbers(written)) continue;
    if (written.includes(";") && written.includes(",")) {
      refuse(line, "it has semicolons and commas: write decimal points in place of decimal commas");
    }
    const fields = fieldsOf(written);
    if (fields.length !== columns || filled + columns > values.length) {
      refuse(line, `it has ${fields.length} numbers`);
    }
    for (const field of fields) {
      values[filled++] = numberOf(field) ?? refuse(line, `found "${field.slice(0, 20)}"`);
    }
  }
  return values;
}

/** As numpy and C print it; null where it is no number. */
function numberOf(field: string): number | null {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(field)) return Number(field);
  if (/^[-+]?nan$/i.test(field)) return NaN;
  if (/^[-+]?inf(inity)?$/i.test(field)) return field[0] === "-" ? -Infinity : Infinity;
  return null;
}
