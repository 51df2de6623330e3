/** Attention with every mask, bias and length, and its gradients. */

import * as tf from "@tensorflow/tfjs";
import { Random } from "../../random.ts";
import {
  type CaseSizes,
  type CaseTensors,
  drawn,
  FLOAT_TOLERANCE,
  integers,
  type KernelCase,
  type OperationCases,
  type Timing,
} from "../kernel/kernel_case.ts";
import { attention, type AttentionOptions } from "./op.ts";
import {
  attentionGradientReference,
  attentionReference,
  type ReferenceOptions,
} from "./reference.ts";

/** [R, T, S, E, V]: rows, queries, keys, channels of a head's queries, channels of its values. */
type AttentionSizes = [R: number, T: number, S: number, E: number, V: number];

interface Variant {
  what: string;
  sizes: AttentionSizes;
  /** As AttentionOptions has them. */
  masks?: Pick<ReferenceOptions, "heads" | "causal" | "window">;
  lengths?: number[];
  /** How many tables of biases. */
  biases?: number;
  rate?: number;
  timed?: boolean;
}

export const cases: OperationCases = {
  at: (sizes) => variants(sizes).flatMap(attentionCases),
};

/** Heads of C and of O channels. */
function variants({ B, N, T, C, O }: CaseSizes): Variant[] {
  const R = B * N, heads = 2, lengths = Array.from({ length: B }, (_, b) => T - b % T);
  return [
    { what: "plain", sizes: [R, T, T, C, O] },
    {
      what: "causal with lengths",
      sizes: [R, T, T, C, O],
      masks: { heads, causal: true },
      lengths,
    },
    { what: "windows", sizes: [R, T, T, O, C], masks: { heads, window: blockOf(T) } },
    {
      what: "bias and dropout over other keys",
      sizes: [R, O, T + 1, C, O],
      masks: { heads },
      biases: 2,
      rate: 0.3,
    },
    { what: "heads of 64", sizes: headsOf64([R, T, O]), masks: { heads: headsIn(O) }, timed: true },
  ];
}

/** The usual width of a head; a narrow tensor has one head. */
function headsIn(O: number): number {
  return Math.max(1, Math.floor(O / 64));
}

function headsOf64([R, T, O]: [number, number, number]): AttentionSizes {
  const width = Math.floor(O / headsIn(O));
  return [R, T, T, width, width];
}

/** The smallest block that divides T without rest. */
function blockOf(T: number): number {
  let block = Math.min(T, 2);
  while (T % block > 0) block++;
  return block;
}

const SEED = 5, STREAM = 1, STEP = 2;

function attentionCases(
  { what, sizes, masks = {}, lengths, biases = 0, rate = 0, timed = false }: Variant,
): KernelCase[] {
  const [R, T, S, E, V] = sizes, { heads: H = 1 } = masks;
  const scale = 2 * E ** -0.5;
  const inputs = {
    q: drawn("attention q", [R, T, H * E]),
    k: drawn("attention k", [R, S, H * E]),
    v: drawn("attention v", [R, S, H * V]),
    bias: biases > 0 ? drawn("attention bias", [biases, T, S]) : undefined,
  };
  const differentiable = Object.keys(inputs).filter((name) => name !== "bias" || biases > 0);
  const sloped = { ...inputs, dy: drawn("attention dy", [R, T, H * V]) };
  const besides = {
    lengths: lengths && integers([lengths.length], lengths),
    state: rate > 0 ? integers([4], [SEED, 0, STEP, 0]) : undefined,
  };
  const run = ({ q, k, v, bias, lengths, state }: CaseTensors) => {
    const options: AttentionOptions = { ...masks, heads: H, bias, lengths };
    if (state) options.dropout = { rate, state, stream: STREAM };
    return attention(q, k, v, scale, options);
  };
  const slopes = ({ dy, ...tensors }: CaseTensors) => {
    const loss = (...moved: tf.Tensor[]) => {
      const by = Object.fromEntries(moved.map((x, i) => [differentiable[i], x]));
      return tf.sum(tf.mul(run({ ...tensors, ...by }), dy));
    };
    return tf.grads(loss)(differentiable.map((name) => tensors[name]));
  };
  const options = (values: Record<string, ArrayLike<number>>): ReferenceOptions => ({
    ...masks,
    lengths,
    bias: biases > 0 ? { values: values.bias, count: biases } : undefined,
    kept: rate > 0 ? keptOf(R * H * T * S, rate) : undefined,
  });
  const flops = 2 * R * H * T * S * (E + V);
  const cases: KernelCase[] = [{
    name: `WsvadAttention ${what}`,
    inputs: { ...inputs, ...besides },
    run,
    expected: (values) => [
      attentionReference(values.q, values.k, values.v, sizes, scale, options(values)),
    ],
    tolerance: FLOAT_TOLERANCE,
    slopes: differentiable,
    timing: timing(timed, flops),
  }, {
    name: `WsvadAttentionGrad ${what}`,
    inputs: { ...sloped, ...besides },
    run: (tensors) => slopes(tensors).slice(0, 3),
    expected(values) {
      const { q, k, v, dy } = values;
      const gradient = attentionGradientReference(q, k, v, dy, sizes, scale, options(values));
      return [gradient.dq, gradient.dk, gradient.dv];
    },
    tolerance: FLOAT_TOLERANCE,
    // Forward 2 products; backward 5, one of them the scores again.
    timing: timing(timed, 3.5 * flops),
  }];
  if (biases > 0) {
    cases.push({
      name: `WsvadAttentionGradBias ${what}`,
      inputs: { ...sloped, ...besides },
      run: (tensors) => slopes(tensors).slice(3),
      expected(values) {
        const { q, k, v, dy } = values;
        return [attentionGradientReference(q, k, v, dy, sizes, scale, options(values)).dbias];
      },
      tolerance: FLOAT_TOLERANCE,
    });
  }
  return cases;
}

function timing(timed: boolean, flops: number): Timing | undefined {
  return timed ? { flops } : undefined;
}

/** What dropout makes of each weight. */
function keptOf(count: number, rate: number): Float32Array {
  const random = new Random(SEED, STREAM, STEP);
  return Float32Array.from({ length: count }, () => random.uniform() >= rate ? 1 / (1 - rate) : 0);
}
