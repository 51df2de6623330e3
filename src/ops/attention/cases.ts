/** Attention and what belongs to it against plain loops, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { Random } from "../../random.ts";
import { attention, type AttentionOptions } from "./op.ts";
import {
  attentionGradientReference,
  attentionReference,
  type ReferenceOptions,
} from "./reference.ts";
import { distanceDecay } from "../distance_decay/op.ts";
import { distanceDecayReference } from "../distance_decay/reference.ts";
import { DECAY_SCALE, dualBranchAttention } from "../dual_branch_attention/op.ts";
import {
  dualBranchAttentionReference,
  dualBranchGradientReference,
} from "../dual_branch_attention/reference.ts";
import {
  type CaseSizes,
  FLOAT_TOLERANCE,
  type KernelCase,
  numbers,
} from "../kernel/kernel_case.ts";

/** Every mask, bias and length in some case, with heads of C and of O channels. */
export function attentionCases(sizes: CaseSizes): KernelCase[] {
  const { B, N, T, C, O } = sizes;
  const heads = 2, biases = 2, lengths = Int32Array.from({ length: B }, (_, b) => T - b % T);
  return [
    ...casesOf("plain", [B * N, T, T, C, O], {}, {}),
    ...casesOf("causal with lengths", [B * N, T, T, C, O], { heads, causal: true, lengths }, {}),
    ...casesOf("windows", [B * N, T, T, O, C], { heads, window: blockOf(T) }, {}),
    ...casesOf("bias and dropout over other keys", [B * N, O, T + 1, C, O], { heads }, {
      biases,
      rate: 0.3,
    }),
    ...distanceCases(sizes),
  ];
}

/** Decay with the distance alone, and beside content attention. */
function distanceCases({ B, N, T, C }: CaseSizes): KernelCase[] {
  const R = B * N, heads = 2;
  const x = numbers("decaying", R * T * C), parts = numbers("two branches", R * T * 8 * C);
  const dy = numbers("slopes of two branches", R * T * 4 * C);
  const y = () => tf.tensor(parts, [R, T, 8 * C]);
  const slope = (x: tf.Tensor) =>
    tf.sum(tf.mul(dualBranchAttention(x, heads), tf.tensor(dy, [R, T, 4 * C])));
  return [{
    name: "WsvadDistanceDecay",
    tolerance: FLOAT_TOLERANCE,
    expected: [distanceDecayReference(x, [R, T, C], DECAY_SCALE)],
    run: () => [distanceDecay(tf.tensor(x, [R, T, C]), DECAY_SCALE)],
  }, {
    name: "WsvadDualBranchAttention",
    tolerance: FLOAT_TOLERANCE,
    expected: [dualBranchAttentionReference(parts, [R, T, 2 * C], heads)],
    run: () => [dualBranchAttention(y(), heads)],
  }, {
    name: "WsvadDualBranchAttentionGrad",
    tolerance: FLOAT_TOLERANCE,
    expected: [dualBranchGradientReference(parts, dy, [R, T, 2 * C], heads)],
    run: () => [tf.grad(slope)(y())],
  }];
}

/** The smallest block that divides T without rest. */
function blockOf(T: number): number {
  let block = Math.min(T, 2);
  while (T % block > 0) block++;
  return block;
}

function casesOf(
  what: string,
  sizes: [R: number, T: number, S: number, E: number, V: number],
  plain: Pick<ReferenceOptions, "heads" | "causal" | "window"> & { lengths?: Int32Array },
  { biases = 0, rate = 0 }: { biases?: number; rate?: number },
): KernelCase[] {
  const [R, T, S, E, V] = sizes, { heads: H = 1, lengths, ...masks } = plain;
  const scale = 2 * E ** -0.5;
  const shapes = { q: [R, T, H * E], k: [R, S, H * E], v: [R, S, H * V], dy: [R, T, H * V] };
  const [q, k, v, dy] = Object.entries(shapes).map(([name, shape]) =>
    numbers(`attention ${name}`, tf.util.sizeFromShape(shape))
  );
  const bias = { values: numbers("attention bias", biases * T * S), count: biases };
  const random = new Random(5, 1, 2), stream = 1;
  const kept = rate > 0
    ? Float32Array.from(
      { length: R * H * T * S },
      () => random.uniform() >= rate ? 1 / (1 - rate) : 0,
    )
    : undefined;
  const reference = { ...plain, bias: biases > 0 ? bias : undefined, kept };
  const gradient = attentionGradientReference(q, k, v, dy, sizes, scale, reference);
  const inputs = () => [
    tf.tensor(q, shapes.q),
    tf.tensor(k, shapes.k),
    tf.tensor(v, shapes.v),
    ...(biases > 0 ? [tf.tensor(bias.values, [biases, T, S])] : []),
  ];
  const run = ([q, k, v, bias]: tf.Tensor[]) => {
    const options: AttentionOptions = { heads: H, ...masks, bias };
    if (lengths) options.lengths = tf.tensor1d(lengths, "int32");
    if (rate > 0) options.dropout = { rate, state: tf.tensor1d([5, 0, 2, 0], "int32"), stream };
    return attention(q, k, v, scale, options);
  };
  /** Gradients by the inputs from number `from` on. */
  const slopes = (from: number) => {
    const loss = (...inputs: tf.Tensor[]) => tf.sum(tf.mul(run(inputs), tf.tensor(dy, shapes.dy)));
    return tf.grads(loss)(inputs()).slice(from);
  };
  const cases: KernelCase[] = [{
    name: `WsvadAttention ${what}`,
    tolerance: FLOAT_TOLERANCE,
    expected: [attentionReference(q, k, v, sizes, scale, reference)],
    run: () => [run(inputs())],
  }, {
    name: `WsvadAttentionGrad ${what}`,
    tolerance: FLOAT_TOLERANCE,
    expected: [gradient.dq, gradient.dk, gradient.dv],
    run: () => slopes(0).slice(0, 3),
  }];
  if (biases > 0) {
    cases.push({
      name: `WsvadAttentionGradBias ${what}`,
      tolerance: FLOAT_TOLERANCE,
      expected: [gradient.dbias],
      run: () => slopes(3),
    });
  }
  return cases;
}
