/**
 * The tables of attention on the cpu, piece by piece: some queries of one row and head against the
 * keys that they may see.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import type { AttentionAttributes } from "./table.ts";
import { sizeOf } from "../kernel/cpu_form.ts";

/**
 * Entries of a table: two of them stay in the second-level cache. With more than so many keys no
 * table does, and so many queries are taken together: a product copies all keys and values anew
 * each time, which takes as long as its sums with 32 queries. Tests set them low.
 */
export const cacheLimit = { entries: 1 << 16, keys: 2048, queries: 256 };
/** Queries taken together where windows or the causal mask leave most keys unseen. */
const BLOCK = 64;

export type Infos = Record<string, tf.TensorInfo>;

/**
 * Rows [R, T] of channels, as addresses: the heads lie `head` bytes apart, positions `step` bytes.
 */
export interface Rows {
  at: number;
  step: number;
  head: number;
}

/**
 * The heads of a tensor [R, T, row] whose first one begins at channel `start`, `apart` channels
 * from one to the next.
 */
export function rowsOf(
  backend: CpuBackend,
  x: tf.TensorInfo,
  apart: number,
  start = 0,
): Rows {
  return { at: backend.address(x) + start * 4, step: x.shape.at(-1)! * 4, head: apart * 4 };
}

export interface Attended {
  q: Rows;
  k: Rows;
  v: Rows;
  R: number;
  T: number;
  S: number;
  E: number;
  V: number;
}

/** Some queries of one row and head, the keys that they may see, and where all that begins. */
export interface Block {
  p: number;
  first: number;
  rows: number;
  start: number;
  columns: number;
  /** Keys of the row. */
  length: number;
  bias: number;
  /** Address of the block's first position. */
  of(rows: Rows, position: number, length: number): number;
}

/** Those of the p-th row and head. */
export type BlocksOf = (p: number) => Generator<Block>;

export function blocksOf(
  backend: CpuBackend,
  { R, T, S }: Attended,
  { bias, lengths }: Infos,
  { heads, causal, window }: AttentionAttributes,
): BlocksOf {
  const count = sizeOf(lengths.shape), biases = sizeOf(bias.shape) > 0 ? bias.shape[0] : 0;
  const ends = count > 0
    ? Int32Array.from(backend.typedArrayFromHeap(lengths) as Int32Array)
    : null;
  return function* (p) {
    const r = Math.floor(p / heads), h = p % heads;
    const length = ends ? Math.min(S, ends[Math.floor(r / (R / count))]) : S;
    const together = blockLength(S, causal, window);
    for (let first = 0; first < T; first += together) {
      const rows = Math.min(together, T - first);
      const start = window > 0 ? Math.floor(first / window) * window : 0;
      let end = causal ? Math.min(length, first + rows) : length;
      if (window > 0) end = Math.min(end, Math.ceil((first + rows) / window) * window);
      const columns = Math.max(1, end - start); // without a key: one that no query sees
      const place = ((p % biases) * T + first) * S + start;
      yield {
        ...{ p, first, rows, start, columns, length },
        bias: biases > 0 ? backend.address(bias) + place * 4 : 0,
        of: (x, position, total) => x.at + (r * total + position) * x.step + h * x.head,
      };
    }
  };
}

function blockLength(S: number, causal: boolean, window: number): number {
  if (window > 0) return window * Math.max(1, Math.floor(BLOCK / window));
  if (causal) return BLOCK;
  if (S > cacheLimit.keys) return cacheLimit.queries;
  return Math.max(32, Math.floor(cacheLimit.entries / S));
}

/**
 * Whether every head has a block, and every block all keys: then the first of each head overwrites
 * what memory held.
 */
export function seesEveryKey(
  { T }: Attended,
  { lengths }: Infos,
  { causal, window }: AttentionAttributes,
): boolean {
  return T > 0 && !causal && window === 0 && sizeOf(lengths.shape) === 0;
}

export function masksOf({ causal, window }: AttentionAttributes): [number, number] {
  return [Number(causal), window];
}

/** Entries of the largest table. */
export function mostEntries({ T, S }: Attended, { causal, window }: AttentionAttributes): number {
  return Math.min(T, blockLength(S, causal, window)) * S;
}
