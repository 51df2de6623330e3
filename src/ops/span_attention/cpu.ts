/**
 * Attention with learned spans on the cpu: for one row, head and piece of queries at a time a
 * product makes the table of logits, one pass makes its weights, and a product takes them to the
 * values. The heads are read where they lie, without being transposed.
 */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { forItems } from "../../device/cpu/items_on_threads.ts";
import type { SpanSettings } from "./op.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** Queries of a piece: few enough that causal attention skips most of what it cannot see. */
const QUERIES = 128;

interface Block {
  /** Byte offset, in q, k, v and y, of the first snippet of the row, at the head's channels. */
  row: number;
  /** The same at the first query. */
  queries: number;
  /** Byte offset of the first query's span. */
  span: number;
  first: number;
  count: number;
  /** Keys [0, keys) are seen. */
  keys: number;
}

/** Every piece of queries of the p-th row and head. */
function* blocks(
  [, T, C]: number[],
  { heads, causal }: SpanSettings,
  p: number,
): Generator<Block> {
  const r = Math.floor(p / heads), h = p % heads;
  for (let first = 0; first < T; first += QUERIES) {
    const count = Math.min(QUERIES, T - first);
    const row = (r * T * C + h * C / heads) * 4;
    yield {
      row,
      queries: row + first * C * 4,
      span: ((r * T + first) * heads + h) * 4,
      first,
      count,
      keys: causal ? first + count : T,
    };
  }
}

function addresses(backend: CpuBackend, ...infos: tf.TensorInfo[]): number[] {
  return infos.map((info) => backend.address(info));
}

registerCpuForm("WsvadSpanAttention", (backend, { q, k, v, z }, attributes) => {
  const settings = attributes as SpanSettings;
  const { heads, scale, ramp, causal } = settings;
  const [R, T, C] = q.shape, d = C / heads;
  const y = backend.output(q.shape);
  const [qAt, kAt, vAt, zAt, yAt] = addresses(backend, q, k, v, z, y);
  const bytes = backend.passes.spanTableBytes(Math.min(T, QUERIES), T);
  forItems(backend, R * heads, bytes, (thread, p) => {
    const table = thread.own(0);
    for (const { row, queries, span, first, count, keys } of blocks(q.shape, settings, p)) {
      thread.sgemm(
        ...[false, true, count, keys, d, scale] as const,
        ...[qAt + queries, C, kAt + row, C, 0, table, keys] as const,
      );
      thread.pass(
        ...["spanWeights", table, count, keys, first, zAt + span, heads * 4, ramp] as const,
        Number(causal),
      );
      thread.sgemm(
        ...[false, false, count, d, keys, 1] as const,
        ...[table, keys, vAt + row, C, 0, yAt + queries, C] as const,
      );
    }
  });
  return y;
});

registerCpuForm("WsvadSpanAttentionGrad", (backend, { dy, q, k, v, z }, attributes) => {
  const settings = attributes as SpanSettings;
  const { heads, scale, ramp, causal } = settings;
  const [R, T, C] = q.shape, d = C / heads;
  const outputs = [q, k, v, z].map(({ shape }) => backend.output(shape));
  const [dyAt, qAt, kAt, vAt, zAt] = addresses(backend, dy, q, k, v, z);
  const [dqAt, dkAt, dvAt, dzAt] = addresses(backend, ...outputs);
  const bytes = backend.passes.spanTableBytes(Math.min(T, QUERIES), T);
  const both = Math.ceil(bytes / 16) * 16;
  forItems(backend, R * heads, 2 * both, (thread, p) => {
    const table = thread.own(0), g = thread.own(both);
    // The last piece of a row sees all of its keys, so it comes first and overwrites what memory
    // held.
    for (const block of lastFirst(blocks(q.shape, settings, p))) {
      const { row, queries, span, first, count, keys } = block;
      const beta = first + count === T ? 0 : 1;
      thread.sgemm(
        ...[false, true, count, keys, d, scale] as const,
        ...[qAt + queries, C, kAt + row, C, 0, table, keys] as const,
      );
      thread.sgemm(
        ...[false, true, count, keys, d, 1] as const,
        ...[dyAt + queries, C, vAt + row, C, 0, g, keys] as const,
      );
      thread.pass(
        ...["spanGradient", table, g, count, keys, first, zAt + span, dzAt + span] as const,
        ...[heads * 4, ramp, scale, Number(causal)] as const,
      );
      thread.sgemm(
        ...[false, false, count, d, keys, 1] as const,
        ...[g, keys, kAt + row, C, 0, dqAt + queries, C] as const,
      );
      thread.sgemm(
        ...[true, false, keys, d, count, 1] as const,
        ...[g, keys, qAt + queries, C, beta, dkAt + row, C] as const,
      );
      thread.sgemm(
        ...[true, false, keys, d, count, 1] as const,
        ...[table, keys, dyAt + queries, C, beta, dvAt + row, C] as const,
      );
    }
  });
  return outputs;
});

/** The same blocks, from the last to the first. */
function lastFirst(all: Iterable<Block>): Block[] {
  return Array.from(all).reverse();
}
