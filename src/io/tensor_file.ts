/** Files that hold named tensors, whatever their format: what is in them, and one at a time. */

import { fault } from "../fault.ts";
import type { StoredDtype, StoredTensor } from "./safetensors.ts";

/** A tensor that a file holds, unread. */
export interface HeldTensor {
  dtype: StoredDtype;
  shape: number[];
}

export interface TensorFile {
  /** As in "a PyTorch file". */
  kind: string;
  /**
   * By path: the keys of nested dicts and the places of lists, joined by "/"; "" of a lone tensor.
   */
  tensors: Map<string, HeldTensor>;
  /** What else is in the file, by path: numbers, texts, and lists of these. */
  plain: Map<string, unknown>;
  /**
   * @throws {SyntaxError | RangeError} a fault: the part of the file is damaged
   */
  read(path: string): Promise<StoredTensor>;
}

/** Nested deeper than any checkpoint; the walk calls itself. */
const DEEPEST = 64;

/**
 * The leaves of nested Maps and arrays, by path. A list of plain values is one leaf.
 *
 * @param most values that are looked at: a short file can name one list so often that they have no
 *     end
 * @throws {SyntaxError} a fault: nested too deeply, too often, or two leaves of one path
 */
export function leavesOf(root: unknown, name: string, most: number): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const refused = (problem: string) =>
    fault(SyntaxError, `Cannot read "${name}": ${problem}; it is damaged or no checkpoint`);
  let left = most;
  const walk = (value: unknown, path: string, depth: number): void => {
    if (--left < 0) throw refused("its lists hold each other without an end");
    if (depth > DEEPEST) throw refused(`its containers are nested over ${DEEPEST} deep`);
    const below = (key: unknown) => path === "" ? String(key) : `${path}/${String(key)}`;
    if (value instanceof Map) {
      for (const [key, item] of value) {
        if (key !== null && ["object", "function"].includes(typeof key)) {
          throw refused("a dict has keys that are no names");
        }
        walk(item, below(key), depth + 1);
      }
    } else if (Array.isArray(value) && !value.every(isPlain)) {
      value.forEach((item, i) => walk(item, below(i), depth + 1));
    } else if (Array.isArray(value) && (left -= value.length) < 0) {
      throw refused("its lists hold each other without an end");
    } else {
      if (leaves.has(path)) throw refused(`it holds two values at "${path.slice(0, 80)}"`);
      leaves.set(path, value);
    }
  };
  walk(root, "", 0);
  return leaves;
}

function isPlain(value: unknown): boolean {
  return value === null || ["number", "string", "boolean", "bigint"].includes(typeof value);
}
