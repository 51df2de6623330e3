/**
 * Attention on the GPU without a T x T table, and its gradient. The kernels read four channels at a
 * time.
 */

import * as tf from "@tensorflow/tfjs";
import forwardCode from "../../../kernels/attention.wgsl" with { type: "text" };
import halfCode from "../../../kernels/attention_half.wgsl" with { type: "text" };
import keyGradientCode from "../../../kernels/attention_key_gradient.wgsl" with { type: "text" };
import queryGradientCode from "../../../kernels/attention_query_gradient.wgsl" with {
  type: "text",
};
import rowsCode from "../../../kernels/attention_rows.wgsl" with { type: "text" };
import singleCode from "../../../kernels/attention_single.wgsl" with { type: "text" };
import { columnSum } from "../../device/webgpu/column_sum.ts";
import { dropoutThreshold } from "../../device/dropout_threshold.ts";
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { type Kernel, readKernel } from "../../device/webgpu/pipelines.ts";
import type { AttentionAttributes } from "./table.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

/** The kernels with operands in single or half precision. */
function kernelsWith(head: string, storage: string) {
  const read = (name: string, code: string) =>
    readKernel(name, head + code, { "attention_storage.wgsl": storage });
  return {
    forward: read("attention.wgsl", forwardCode),
    queryGradient: read("attention_query_gradient.wgsl", queryGradientCode),
    keyGradient: read("attention_key_gradient.wgsl", keyGradientCode),
  };
}
const single = kernelsWith("", singleCode), half = kernelsWith("enable f16;\n", halfCode);
const gradientRows = readKernel("attention_rows.wgsl", rowsCode);

/**
 * Fours of a head's channels that a workgroup keeps the sums of: SHARE of attention_tables.wgsl.
 */
const SHARE = 64;
/** Words of the random stream's state. */
const STATE = 4;
/** Columns of the table that a workgroup works on at a time. */
const COLUMNS = 32;
/** Of attention_query_gradient.wgsl: rows whose bias gradients a workgroup adds up. */
const SHARED = 64;

/** Channels of a tensor [R, T, row] in which the heads lie side by side, from `start` on. */
export interface Columns {
  tensor: tf.Tensor;
  start: number;
}

/** Where the heads' outputs, or their slopes, lie: `head` channels from one to the next. */
export interface HeadColumns {
  tensor: tf.Tensor;
  head: number;
}

/**
 * Queries, keys and values, with the channels of a head; all counts of channels are multiples of
 * four.
 */
export interface Places {
  q: Columns;
  k: Columns;
  v: Columns;
  E: number;
  V: number;
}

/** The small inputs of the kernels; empty ones are absent. */
type Additions = Record<"bias" | "lengths" | "state", tf.Tensor>;

function uniformsOf(
  { q, k, v, E, V }: Places,
  { bias, lengths }: Additions,
  { heads, causal, window, rate, stream, scale }: AttentionAttributes,
  y: HeadColumns,
): Record<string, number> {
  const [R, T] = q.tensor.shape as number[], rows = R * heads;
  const rowOf = ({ tensor }: { tensor: tf.Tensor }) => tensor.shape[2]! / 4;
  return {
    ...{ rows, T, S: k.tensor.shape[1]!, E: E / 4, V: V / 4, heads },
    ...{ q_start: q.start / 4, q_row: rowOf(q), k_start: k.start / 4, k_row: rowOf(k) },
    ...{ v_start: v.start / 4, v_row: rowOf(v), y_row: rowOf(y), y_head: y.head / 4 },
    biases: bias.size > 0 ? bias.shape[0] : 0,
    length_rows: lengths.size > 0 ? rows / lengths.size : 0,
    ...{ causal: Number(causal), window, stream, scale },
    // u >= rate as integers, as in random_values.ts
    ...{ threshold: dropoutThreshold(rate), keep: 1 / (1 - rate) },
  };
}

/**
 * Rows of the table that a workgroup takes: 64 where that makes enough workgroups for a large GPU.
 */
function tileOf(rows: number, length: number): { ROWS: number; DEPTH: number } {
  const wide = length > 32 && rows * Math.ceil(length / 64) >= 256;
  return wide ? { ROWS: 64, DEPTH: 4 } : { ROWS: 32, DEPTH: 8 };
}

/**
 * Operands are rounded to half precision where `backend.halfProducts` is set; sums and softmax
 * never are.
 */
function kernelsOf(backend: WsvadWebGPUBackend): typeof single {
  return backend.halfProducts ? half : single;
}

/** Workgroups that share the sums of a head of so many fours of channels. */
function sharesOf(fours: number): number {
  return Math.max(1, Math.ceil(fours / SHARE));
}

/** An input that a kernel declares must be bound, read or not. */
function boundOr(tensor: tf.Tensor, other: tf.Tensor): tf.Tensor {
  return tensor.size > 0 ? tensor : other;
}

export function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** Writes the heads' outputs at their places in y and gives lse [R heads, T]. */
export function attend(
  backend: WsvadWebGPUBackend,
  places: Places,
  additions: Additions,
  attributes: AttentionAttributes,
  y: HeadColumns,
): tf.Tensor {
  const uniforms = uniformsOf(places, additions, attributes, y);
  const { rows, T } = uniforms, tile = tileOf(rows, T);
  const [q, k, v] = [places.q, places.k, places.v].map(({ tensor }) => tensor);
  const lse = backend.output([rows, T]);
  backend.dispatch({
    kernel: kernelsOf(backend).forward,
    constants: tile,
    bindings: {
      ...{ q, k, v, y: y.tensor, lse },
      bias: boundOr(additions.bias, q),
      lengths: boundOr(additions.lengths, q),
      state: boundOr(additions.state, q),
    },
    uniforms: { ...uniforms, header: 0, undefined: NaN },
    workgroups: sharesOf(uniforms.V) * rows * Math.ceil(T / tile.ROWS),
  });
  return asTensor(lse);
}

/** What the gradients are made of beside the forward pass's inputs. */
export interface Slopes {
  dy: HeadColumns;
  y: tf.Tensor;
  lse: tf.Tensor;
}

/** Log-sums and mean slopes of the queries, with the state and the lengths, in one buffer. */
function packRows(
  backend: WsvadWebGPUBackend,
  { dy, y, lse }: Slopes,
  { lengths, state }: Additions,
  { rows, T, V, heads, y_row, y_head }: Record<string, number>,
): { packed: tf.Tensor; header: number } {
  const header = STATE + lengths.size, size = header + 2 * rows * T;
  const packed = backend.output([size], "int32");
  backend.dispatch({
    kernel: gradientRows,
    bindings: {
      ...{ dy: dy.tensor, y, lse, packed },
      lengths: boundOr(lengths, lse),
      state: boundOr(state, lse),
    },
    uniforms: {
      ...{ rows, T, V, heads, y_row, y_head, lengths_count: lengths.size },
      stated: Number(state.size > 0),
    },
    workgroups: Math.ceil(Math.max(rows * T, header) / 64),
  });
  return { packed: asTensor(packed), header };
}

/** Gives dq, dk [., ., heads E] and dv [., ., heads V]. */
export function attentionSlopes(
  backend: WsvadWebGPUBackend,
  places: Places,
  additions: Additions,
  attributes: AttentionAttributes,
  slopes: Slopes,
): tf.Tensor[] {
  const run = gradientOf(backend, places, additions, attributes, slopes);
  const { heads } = attributes, { rows, T, S } = run.uniforms, R = rows / heads;
  const dq = backend.output([R, T, heads * places.E]);
  const dk = backend.output([R, S, heads * places.E]);
  const dv = backend.output([R, S, heads * places.V]);
  const { queryGradient, keyGradient } = kernelsOf(backend);
  const [E, V] = [run.uniforms.E, run.uniforms.V].map(sharesOf);
  run.dispatch({ kernel: queryGradient, entry: "query_gradient" }, { dq }, T, E * rows);
  run.dispatch({ kernel: keyGradient }, { dk, dv }, S, Math.max(E, V) * rows);
  return [dq, dk, dv].map(asTensor);
}

function gradientOf(
  backend: WsvadWebGPUBackend,
  places: Places,
  additions: Additions,
  attributes: AttentionAttributes,
  slopes: Slopes,
) {
  const uniforms = uniformsOf(places, additions, attributes, slopes.dy);
  const { packed, header } = packRows(backend, slopes, additions, uniforms);
  const [q, k, v] = [places.q, places.k, places.v].map(({ tensor }) => tensor);
  const bias = boundOr(additions.bias, q);
  return {
    uniforms,
    /** A workgroup for each tile of `length` rows in each of `count` tables. */
    dispatch(
      kernel: { kernel: Kernel; entry?: string },
      outputs: Record<string, tf.TensorInfo>,
      length: number,
      count: number,
    ) {
      const tile = tileOf(uniforms.rows, length);
      backend.dispatch({
        ...kernel,
        constants: tile,
        bindings: { ...{ q, k, v, dy: slopes.dy.tensor, packed, bias }, ...outputs },
        uniforms: { ...uniforms, header, undefined: 0 },
        workgroups: count * Math.ceil(length / tile.ROWS),
      });
    },
  };
}

/** x [R, T, heads d] with zeros after each head's channels, so that d is a multiple of four. */
function inFours(x: tf.Tensor, heads: number): tf.Tensor {
  const [R, T, C] = x.shape as number[], d = C / heads, more = -d & 3;
  if (more === 0) return x;
  const byHead = tf.reshape(x, [R, T, heads, d]);
  const wider = tf.pad(byHead, [[0, 0], [0, 0], [0, 0], [0, more]]);
  return tf.reshape(wider, [R, T, heads * (d + more)]);
}

/** The reverse of {@link inFours}: the first d channels of each head. */
function narrowed(x: tf.Tensor, heads: number, d: number): tf.Tensor {
  const [R, T, C] = x.shape as number[];
  if (C === heads * d) return x;
  const byHead = tf.reshape(x, [R, T, heads, C / heads]);
  return tf.reshape(tf.slice(byHead, [0, 0, 0, 0], [R, T, heads, d]), [R, T, heads * d]);
}

function placesOf({ q, k, v }: Record<string, tf.Tensor>, heads: number): Places {
  const [queries, keys, values] = [q, k, v].map((x) => ({ tensor: inFours(x, heads), start: 0 }));
  const [E, V] = [queries, values].map(({ tensor }) => tensor.shape[2]! / heads);
  return { q: queries, k: keys, v: values, E, V };
}

type Inputs = Additions & Record<string, tf.Tensor>;
type Outputs = tf.Tensor | tf.Tensor[];

/** Registers a form whose tensors beside its outputs are gone after it. */
function registerTidy(
  kernel: string,
  run: (backend: WsvadWebGPUBackend, inputs: Inputs, given: AttentionAttributes) => Outputs,
): void {
  registerGpuForm(
    kernel,
    (backend, infos, attributes) =>
      tf.tidy(() => run(backend, infos as unknown as Inputs, attributes as AttentionAttributes)),
  );
}

registerTidy("WsvadAttention", (backend, inputs, given) => {
  const { heads } = given;
  const places = placesOf(inputs, heads);
  const shape = [...inputs.q.shape.slice(0, 2), heads * places.V];
  const y = asTensor(backend.output(shape));
  const lse = attend(backend, places, inputs, given, { tensor: y, head: places.V });
  return [narrowed(y, heads, inputs.v.shape[2]! / heads), lse];
});

function slopesOf({ dy, y, lse }: Record<string, tf.Tensor>, heads: number, V: number): Slopes {
  return { dy: { tensor: inFours(dy, heads), head: V }, y: inFours(y, heads), lse };
}

registerTidy("WsvadAttentionGrad", (backend, inputs, given) => {
  const { heads } = given;
  const places = placesOf(inputs, heads);
  const slopes = slopesOf(inputs, heads, places.V);
  const [dq, dk, dv] = attentionSlopes(backend, places, inputs, given, slopes);
  const [E, V] = [inputs.q, inputs.v].map((x) => x.shape[2]! / heads);
  return [narrowed(dq, heads, E), narrowed(dk, heads, E), narrowed(dv, heads, V)];
});

registerTidy("WsvadAttentionGradBias", (backend, inputs, given) => {
  const places = placesOf(inputs, given.heads);
  const slopes = slopesOf(inputs, given.heads, places.V);
  const run = gradientOf(backend, places, inputs, given, slopes);
  const [biases, T, S] = inputs.bias.shape as number[];
  const pieces = Math.ceil(inputs.q.shape[0] * given.heads / biases / SHARED);
  const dbias = backend.output([pieces, biases * T * S]);
  const kernel = { kernel: kernelsOf(backend).queryGradient, entry: "bias_gradient" };
  run.dispatch(kernel, { dbias }, T, pieces * biases * Math.ceil(S / COLUMNS));
  if (pieces === 1) return asTensor({ ...dbias, shape: [biases, T, S] });
  const sum = columnSum(backend, dbias); // [biases T S]
  backend.disposeData(dbias.dataId);
  return asTensor({ ...sum, shape: [biases, T, S] });
});
