/**
 * Attention with learned spans on the GPU: a product makes the logits of some queries, one pass
 * their weights in place, and a product takes them to the values.
 */

import * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/span_weights.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import {
  fromHeadRows,
  headRow,
  keysOf,
  type Piece,
  pieces,
  queriesOf,
  type SpanSettings,
} from "./op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const spanWeights = readKernel("span_weights.wgsl", code);

type Tensors = Record<string, tf.Tensor>;

/** scale q k^T, [P, queries, keys]: a tensor of its own, to be written over. */
function logits(q: tf.Tensor, k: tf.Tensor, scale: number): tf.Tensor {
  return tf.matMul(tf.mul(q, scale), k, false, true);
}

/** Sizes as the kernel takes them; a workgroup for each row of the table. */
function sizesOf(
  table: tf.Tensor,
  z: tf.Tensor,
  { first }: { first: number },
  settings: SpanSettings,
) {
  const [P, count, keys] = table.shape;
  const { ramp, scale, causal } = settings;
  const rows = P * count!;
  return {
    uniforms: {
      ...{ count: count!, keys: keys!, first, snippets: z.shape[1]! },
      ...{ causal: causal ? 1 : 0, ramp, scale, rows },
    },
    workgroups: rows,
  };
}

registerGpuForm("WsvadSpanAttention", (backend, inputs, attributes) =>
  tf.tidy(() => {
    const settings = attributes as SpanSettings;
    const { q, k, v, z } = inHeadRows(inputs as unknown as Tensors, settings.heads);
    const parts = pieces(q, settings).map((piece) =>
      tf.tidy(() => {
        const table = logits(queriesOf(q, piece), keysOf(k, piece), settings.scale);
        backend.dispatch({
          kernel: spanWeights,
          entry: "weights",
          bindings: { table, z },
          ...sizesOf(table, z, { first: piece.start }, settings),
        });
        return tf.matMul(table, keysOf(v, piece));
      })
    );
    return fromHeadRows(tf.concat(parts, 1), settings.heads);
  }));

registerGpuForm("WsvadSpanAttentionGrad", (backend, inputs, attributes) =>
  tf.tidy(() => {
    const settings = attributes as SpanSettings;
    const rows = inHeadRows(inputs as unknown as Tensors, settings.heads);
    const dz = asTensor(backend.output(rows.z.shape));
    const dq: tf.Tensor[] = [];
    let toKeys: [tf.Tensor, tf.Tensor] | undefined;
    for (const piece of pieces(rows.q, settings)) {
      const [toQuery, ...sums] = tf.tidy(() => pieceGradient(backend, rows, dz, piece, settings));
      dq.push(toQuery);
      const before = toKeys;
      toKeys = before
        ? [tf.add(before[0], sums[0]), tf.add(before[1], sums[1])]
        : [sums[0], sums[1]];
      if (before) tf.dispose([before, sums]);
    }
    return [tf.concat(dq, 1), ...toKeys!, dz].map((x) => fromHeadRows(x, settings.heads));
  }));

/** What some queries add to the gradients of all queries, keys and values; dz is written. */
function pieceGradient(
  backend: WsvadWebGPUBackend,
  { dy, q, k, v, z }: Tensors,
  dz: tf.Tensor,
  piece: Piece,
  settings: SpanSettings,
): tf.Tensor[] {
  const query = queriesOf(q, piece), slope = queriesOf(dy, piece), keys = keysOf(k, piece);
  const table = logits(query, keys, settings.scale);
  const g = tf.matMul(slope, keysOf(v, piece), false, true);
  backend.dispatch({
    kernel: spanWeights,
    entry: "gradient",
    bindings: { table, z, g, dz },
    ...sizesOf(table, z, { first: piece.start }, settings),
  });
  const missing = k.shape[1]! - piece.keys;
  const toAll = (x: tf.Tensor) => missing === 0 ? x : tf.pad(x, [[0, 0], [0, missing], [0, 0]]);
  return [
    tf.matMul(g, keys),
    toAll(tf.matMul(g, query, true)),
    toAll(tf.matMul(table, slope, true)),
  ];
}

function inHeadRows(inputs: Tensors, heads: number): Tensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, headRow(x, heads)]),
  );
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}
