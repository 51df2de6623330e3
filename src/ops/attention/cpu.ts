/**
 * Attention on the cpu: products by the engine on columns of the tensors as they lie, and between
 * them one walk over the table of some queries of one head. No head is ever copied out of its
 * tensor.
 */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { forItems, inOrder } from "../../device/cpu/items_on_threads.ts";
import { dropoutThreshold } from "../../device/dropout_threshold.ts";
import { type Address, further } from "../../device/cpu/thread_addresses.ts";
import type { ThreadWork } from "../../device/cpu/written_steps.ts";
import { composedAttention, composedAttentionGradient } from "./op.ts";
import {
  type Attended,
  type Block,
  blocksOf,
  type Infos,
  masksOf,
  mostEntries,
  type Rows,
  rowsOf,
  seesEveryKey,
} from "./cpu_blocks.ts";
import type { AttentionAttributes } from "./table.ts";
import { type CpuForm, registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";
import { stateOf, WORDS_BYTES } from "../random_values/cpu.ts";

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
  const count = R * heads, bytes = mostEntries(attended, attributes) * 4;
  const drop = droppingOf(backend, attended, inputs, attributes);
  backend.withScratch(count * T * 8, (sums) => {
    const blocks = blocksOf(backend, attended, inputs, attributes);
    forItems(backend, count, bytes + WORDS_BYTES, (thread, head) => {
      const table = thread.own(0);
      for (const block of blocks(head)) {
        const { p, first, rows, start, columns, length, bias, of } = block;
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
        drop(thread, table, block, bytes);
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

/** Drops entries of a block's table where they lie; `words` is the place of scratch memory. */
type Drop = (thread: ThreadWork, table: Address, block: Block, words: number) => void;

/** Dropout of the weights, or of their slopes: entry [t, s] of head p is number (p T + t) S + s. */
function droppingOf(
  backend: CpuBackend,
  { T, S }: Attended,
  { state }: Infos,
  { rate, stream }: AttentionAttributes,
): Drop {
  if (rate === 0) return () => {};
  const [key0, key1, step] = stateOf(backend, state);
  const threshold = dropoutThreshold(rate), scale = 1 / (1 - rate);
  return (thread, table, { p, first, rows }, words) => {
    // deno-fmt-ignore
    thread.pass(
      "dropout", table, table, (p * T + first) * S, rows * S, threshold, scale, key0, key1, stream,
      step, thread.own(words),
    );
  };
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
  const drop = droppingOf(backend, attended, inputs, attributes);
  const work = (thread: ThreadWork, head: number) => {
    const weights = thread.own(0), slopes = thread.own(bytes);
    for (const block of blocks(head)) {
      const { p, first, rows, start, columns, length, bias, of } = block;
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
      drop(thread, slopes, block, 2 * bytes);
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
      drop(thread, weights, block, 2 * bytes);
      // deno-fmt-ignore
      thread.sgemm(
        true, false, columns, V, rows, 1, weights, columns, slope, dy.step / 4, beta,
        of(dv, start, S), dv.step / 4,
      );
    }
  };
  if (dbias) inOrder(backend, R * heads, 2 * bytes + WORDS_BYTES, work); // several heads add to one bias
  else forItems(backend, R * heads, 2 * bytes + WORDS_BYTES, work);
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

/** Random numbers are drawn four at a time. */
const DRAWN = 4;

/** Our own form, but where dropout's mask, drawn for whole tables, does not fit pieces of them. */
function registerAttention(
  kernel: string,
  composed: Composed,
  run: (
    backend: CpuBackend,
    attended: Attended,
    inputs: Infos,
    attributes: AttentionAttributes,
  ) => ReturnType<CpuForm>,
): void {
  registerCpuForm(kernel, (backend, inputs, attributes) => {
    const given = attributes as AttentionAttributes, attended = attendedOf(backend, inputs, given);
    const fits = attended.S % DRAWN === 0 && seesEveryKey(attended, inputs, given);
    if (given.rate === 0 || fits) return run(backend, attended, inputs, given);
    return tf.tidy(() => composed(inputs as unknown as Record<string, tf.Tensor>, given));
  });
}

registerAttention("WsvadAttention", composedAttention, (backend, attended, inputs, attributes) => {
  const { R, T, V } = attended, { heads } = attributes;
  const y = backend.output([R, T, heads * V]), lse = backend.output([R * heads, T]);
  attend(backend, attended, inputs, attributes, rowsOf(backend, y, V), lse);
  return [y, lse];
});

registerAttention(
  "WsvadAttentionGrad",
  composedAttentionGradient,
  (backend, attended, inputs, attributes) => {
    const { E, V } = attended;
    const outputs = [inputs.q, inputs.k, inputs.v].map(({ shape }) => backend.output(shape));
    const [dq, dk, dv] = outputs.map((x, i) => rowsOf(backend, x, i === 2 ? V : E));
    const dbias = sizeOf(inputs.bias.shape) > 0 ? backend.output(inputs.bias.shape) : undefined;
    if (dbias) backend.floats(dbias).fill(0);
    const given = slopesOf(backend, inputs, V);
    attentionSlopes(backend, attended, inputs, attributes, given, [dq, dk, dv], dbias);
    return dbias ? [...outputs, dbias] : outputs;
  },
);
