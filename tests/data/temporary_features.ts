/** Folders of small feature files for the tests of this folder. */

import { dirname, join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";

/** A value that tells crop, snippet and channel. */
export const valueOf = (n: number, t: number, d: number): number => n * 100 + t + d / 8;

/** Values of the shape, whose axes are named in `axes`: "NTD", "TND", "TD". */
export function arrayOf(axes: string, shape: number[], value = valueOf): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const index: Record<string, number> = { N: 0, T: 0, D: 0 };
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index[axes[axis]] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    values[i] = value(index.N, index.T, index.D);
  }
  return values;
}

/** Writes a `.npy` file below the folder, with its folders, and returns its path. */
export async function writeFeatures(
  folder: string,
  name: string,
  axes: string,
  shape: number[],
  value = valueOf,
): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, encodeNpy(shape, arrayOf(axes, shape, value)));
  return path;
}

/** Writes a text file below the folder, with its folders, and returns its path. */
export async function writeText(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
  return path;
}
