/**
 * Attention on the cpu: products by the engine on columns of the tensors as they lie, and between
 * them one walk over the table of some queries of one head. No head is ever copied out of its
 * tensor.
 */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { forItems, inOrder } from "../../device/cpu/items_on_threads.ts";
import { further } from "../../device/cpu/thread_addresses.ts";
import type { ThreadWork } from "../../device/cpu/written_steps.ts";
import { composedAttention, composedAttentionGradient } from "./op.ts";
import type { AttentionAttributes } from "./table.ts";
import { type CpuForm, registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

/**
 * Entries of a table: two of them stay in the second-level cache. With more than so many keys no
 * table does, and so many queries are taken together: a product copies all keys and values anew
 * each time, which takes as long as its sums with 32 queries. Tests set them low.
 */
export const cacheLimit = { entries: 1 << 16, keys: 2048, queries: 256 };
/** Queries taken together where windows or the causal mask leave most keys unseen. */
const BLOCK = 64;

type Infos = Record<string, tf.TensorInfo>;

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
interface Block {
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
type BlocksOf = (p: number) => Generator<Block>;

function blocksOf(
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
function seesEveryKey(
  { T }: Attended,
  { lengths }: Infos,
  { causal, window }: AttentionAttributes,
): boolean {
  return T > 0 && !causal && window === 0 && sizeOf(lengths.shape) === 0;
}

function masksOf({ causal, window }: AttentionAttributes): [number, number] {
  return [Number(causal), window];
}

/** Writes the heads' outputs to y, and lse [R heads, T]. */
export function attend(
  backend: CpuBackend,
  attended: Attended,
  inputs: Infos,
  attributes: AttentionAttributes,
  y: Rows,
  lse: tf.TensorInfo,
): void {
  const { q, k, v, R, T, S, E, V } = attended, { scale, heads } = attributes;
  const count = R * heads;
  backend.withScratch(count * T * 8, (sums) => {
    const blocks = blocksOf(backend, attended, inputs, attributes);
    forItems(backend, count, mostEntries(attended, attributes) * 4, (thread, head) => {
      const table = thread.own(0);
      for (const { p, first, rows, start, columns, length, bias, of } of blocks(head)) {
        const queries = of(q, first, T), keys = of(k, start, S), values = of(v, start, S);
        // deno-fmt-ignore
        thread.sgemm(
          false, true, rows, columns, E, scale, queries, q.step / 4, keys, k.step / 4, 0, table,
          columns,
        );
        // deno-fmt-ignore
        thread.pass(
          "attentionWeights", table, rows, columns, first, T, start, length, ...masksOf(attributes),
          bias, S * 4, sums + (p * T + first) * 8,
        );
        // deno-fmt-ignore
        thread.sgemm(
          false, false, rows, V, columns, 1, table, columns, values, v.step / 4, 0, of(y, first, T),
          y.step / 4,
        );
      }
    });
    const pairs = new Float32Array(backend.heap.buffer, sums, 2 * count * T);
    const logs = backend.floats(lse);
    for (let i = 0; i < logs.length; i++) logs[i] = pairs[2 * i] + Math.log(pairs[2 * i + 1]);
  });
}

function mostEntries({ T, S }: Attended, { causal, window }: AttentionAttributes): number {
  return Math.min(T, blockLength(S, causal, window)) * S;
}

/** What the gradients are made of beside the forward pass's inputs. */
export interface Slopes {
  dy: Rows;
  y: Rows;
  lse: tf.TensorInfo;
}

/**
 * Writes dq, dk and dv, and adds the slopes of the logits to dbias [biases, T, S] where there is
 * one.
 */
export function attentionSlopes(
  backend: CpuBackend,
  attended: Attended,
  inputs: Infos,
  attributes: AttentionAttributes,
  given: Slopes,
  [dq, dk, dv]: [Rows, Rows, Rows],
  dbias?: tf.TensorInfo,
): void {
  const { q, k, v, R, T, S, E, V } = attended, { scale, heads } = attributes;
  const { dy, y, lse } = given;
  const everyKey = seesEveryKey(attended, inputs, attributes);
  if (!everyKey) {
    for (const [{ at, step, head }, width] of [[dk, E], [dv, V]] as const) {
      for (let h = 0; h < heads; h++) {
        backend.passes.clearBlocks(at + h * head, step, R * S, width * 4);
      }
    }
  }
  const bytes = mostEntries(attended, attributes) * 4, lseAt = backend.address(lse);
  const blocks = blocksOf(backend, attended, inputs, attributes);
  const work = (thread: ThreadWork, head: number) => {
    const weights = thread.own(0), slopes = thread.own(bytes);
    for (const { p, first, rows, start, columns, length, bias, of } of blocks(head)) {
      const queries = of(q, first, T), keys = of(k, start, S), values = of(v, start, S);
      const slope = of(dy, first, T), out = of(y, first, T), log = lseAt + (p * T + first) * 4;
      const beta = everyKey && first === 0 ? 0 : 1;
      // deno-fmt-ignore
      thread.sgemm(
        false, true, rows, columns, E, scale, queries, q.step / 4, keys, k.step / 4, 0, weights,
        columns,
      );
      // deno-fmt-ignore
      thread.sgemm(
        false, true, rows, columns, V, 1, slope, dy.step / 4, values, v.step / 4, 0, slopes, columns,
      );
      // deno-fmt-ignore
      thread.pass(
        "attentionSlopes", weights, slopes, rows, columns, first, T, start, length,
        ...masksOf(attributes), bias, S * 4, log, slope, out, dy.step, V,
      );
      if (dbias) {
        const to = backend.address(dbias) + ((p % dbias.shape[0]) * T + first) * S * 4;
        for (let i = 0; i < rows; i++) {
          const row = further(slopes, i * columns * 4);
          thread.pass("accumulate", row, to + (i * S + start) * 4, columns);
        }
      }
      // deno-fmt-ignore
      thread.sgemm(
        false, false, rows, E, columns, scale, slopes, columns, keys, k.step / 4, 0,
        of(dq, first, T), dq.step / 4,
      );
      // deno-fmt-ignore
      thread.sgemm(
        true, false, columns, E, rows, scale, slopes, columns, queries, q.step / 4, beta,
        of(dk, start, S), dk.step / 4,
      );
      // deno-fmt-ignore
      thread.sgemm(
        true, false, columns, V, rows, 1, weights, columns, slope, dy.step / 4, beta,
        of(dv, start, S), dv.step / 4,
      );
    }
  };
  if (dbias) inOrder(backend, R * heads, 2 * bytes, work); // several heads add to one bias
  else forItems(backend, R * heads, 2 * bytes, work);
}

function attendedOf(
  backend: CpuBackend,
  { q, k, v }: Infos,
  { heads }: AttentionAttributes,
): Attended {
  const [R, T] = q.shape, S = k.shape[1], E = q.shape[2] / heads, V = v.shape[2] / heads;
  const [queries, keys] = [q, k].map((x) => rowsOf(backend, x, E));
  return { q: queries, k: keys, v: rowsOf(backend, v, V), R, T, S, E, V };
}

function slopesOf(backend: CpuBackend, { dy, y, lse }: Infos, V: number): Slopes {
  return { dy: rowsOf(backend, dy, V), y: rowsOf(backend, y, V), lse };
}

type Composed = (inputs: Record<string, tf.Tensor>, attributes: AttentionAttributes) =>
  | tf.Tensor
  | tf.Tensor[];

/** Dropout's mask is drawn for whole tables: with it the composed form runs. */
function withoutDropout(
  kernel: string,
  composed: Composed,
  run: (backend: CpuBackend, inputs: Infos, attributes: AttentionAttributes) => ReturnType<CpuForm>,
): void {
  registerCpuForm(kernel, (backend, inputs, attributes) => {
    const given = attributes as AttentionAttributes;
    if (given.rate === 0) return run(backend, inputs, given);
    return tf.tidy(() => composed(inputs as unknown as Record<string, tf.Tensor>, given));
  });
}

withoutDropout("WsvadAttention", composedAttention, (backend, inputs, attributes) => {
  const attended = attendedOf(backend, inputs, attributes);
  const { R, T, V } = attended, { heads } = attributes;
  const y = backend.output([R, T, heads * V]), lse = backend.output([R * heads, T]);
  attend(backend, attended, inputs, attributes, rowsOf(backend, y, V), lse);
  return [y, lse];
});

withoutDropout("WsvadAttentionGrad", composedAttentionGradient, (backend, inputs, attributes) => {
  const attended = attendedOf(backend, inputs, attributes), { E, V } = attended;
  const outputs = [inputs.q, inputs.k, inputs.v].map(({ shape }) => backend.output(shape));
  const [dq, dk, dv] = outputs.map((x, i) => rowsOf(backend, x, i === 2 ? V : E));
  const dbias = sizeOf(inputs.bias.shape) > 0 ? backend.output(inputs.bias.shape) : undefined;
  if (dbias) backend.floats(dbias).fill(0);
  const given = slopesOf(backend, inputs, V);
  attentionSlopes(backend, attended, inputs, attributes, given, [dq, dk, dv], dbias);
  return dbias ? [...outputs, dbias] : outputs;
});
