/** The files of tests/golden/formats and what a reader must find in them. */

import { fileURLToPath } from "node:url";
import expectedJson from "../golden/formats/expected.json" with { type: "json" };
import { assertAlmostEquals, assertEquals } from "@std/assert";

export interface ExpectedArray {
  shape: number[];
  dtype: string;
  size: number;
  /** Booleans and numbers; texts for NaN, infinities and integers beyond 2^53. */
  first_values_c_order: (number | boolean | string)[];
  last_values_c_order: (number | boolean | string)[] | null;
  sum: number | string | null;
}

export interface ExpectedFile extends Partial<ExpectedArray> {
  expect: string;
  why?: string;
  metadata?: Record<string, string>;
  tensors?: Record<string, ExpectedArray>;
}

export function golden(path: string): string {
  return fileURLToPath(new URL(`../golden/formats/${path}`, import.meta.url));
}

/** Files below a folder, with that ending: [path, what is expected]. */
export function goldenFiles(folder: string, ending: string): [string, ExpectedFile][] {
  const files = expectedJson.files as unknown as Record<string, ExpectedFile>;
  return Object.entries(files)
    .filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith(ending));
}

/** Compares shape, first and last values exactly and the sum, all in C order. */
export function assertHolds(
  shape: number[],
  elements: ArrayLike<number | bigint>,
  expected: ExpectedArray,
): void {
  assertEquals(shape, expected.shape);
  assertEquals(elements.length, expected.size);
  const first = expected.first_values_c_order;
  first.forEach((value, i) => assertSame(elements[i], value));
  const last = expected.last_values_c_order ?? [];
  last.forEach((value, i) => assertSame(elements[elements.length - last.length + i], value));
  if (typeof expected.sum === "number") {
    const sum = Array.from(elements, Number).reduce((a, b) => a + b, 0);
    // the rule of expected.json
    assertAlmostEquals(sum, expected.sum, 1e-12 * Math.max(1, Math.abs(expected.sum)));
  }
}

function assertSame(found: number | bigint, expected: number | boolean | string): void {
  assertEquals(found, typeof found === "bigint" ? BigInt(expected) : Number(expected));
}
