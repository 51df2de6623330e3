/**
 * The transformer block of CLIP's towers and of VadCLIP's temporal module: normalised before
 * attention and before the feed-forward part, with QuickGELU between its two layers.
 *
 * Source: openai/CLIP:clip/model.py, ResidualAttentionBlock.
 */

import * as tf from "@tensorflow/tfjs";
import type { Initialiser, Scope } from "../contract/slot.ts";
import { linear } from "../ops/linear/op.ts";
import { quickGeluMlp } from "../ops/quick_gelu_mlp/op.ts";
import { uniformWithin, xavierUniform, zeros } from "./initialisers.ts";
import { layerNorm } from "./layer_norm.ts";

/** Starting values of the weights; CLIP's and VadCLIP's differ. */
export interface ClipBlockInitialisers {
  /** [3 width, width]. */
  inProjection: Initialiser;
  /** [width, width]. */
  outProjection: Initialiser;
  /** [4 width, width]. */
  widen: Initialiser;
  /** [width, 4 width]. */
  narrow: Initialiser;
}

export interface ClipBlockOptions {
  width: number;
  heads: number;
  /** q, k, v [R, T, width], heads side by side -> [R, T, width]; logits are scaled by `scale`. */
  attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number): tf.Tensor;
  /** PyTorch's own where absent, as VadCLIP's temporal module begins. */
  initial?: ClipBlockInitialisers;
}

/**
 * Parameters `<name>.attn.in_proj_weight` [3 width, width] (query, key, value) and `.in_proj_bias`,
 * `.attn.out_proj`, `.ln_1`, `.ln_2`, `.mlp.c_fc` [4 width, width], `.mlp.c_proj`; x [R, T, width]
 * -> [R, T, width].
 */
export function clipBlock(
  scope: Scope,
  name: string,
  { width, heads, attend, initial = torchInitialisers(width) }: ClipBlockOptions,
): (x: tf.Tensor) => tf.Tensor {
  const inWeight = scope.parameter(
    `${name}.attn.in_proj_weight`,
    [3 * width, width],
    initial.inProjection,
  );
  const inBias = scope.parameter(`${name}.attn.in_proj_bias`, [3 * width], zeros);
  const layer = (part: string, inputs: number, outputs: number, start: Initialiser) => {
    const weight = scope.parameter(`${name}.${part}.weight`, [outputs, inputs], start);
    const bias = scope.parameter(
      `${name}.${part}.bias`,
      [outputs],
      part === "attn.out_proj" ? zeros : uniformWithin(1 / Math.sqrt(inputs)),
    );
    return { weight, bias };
  };
  const join = layer("attn.out_proj", width, width, initial.outProjection);
  const norm1 = layerNorm(scope, `${name}.ln_1`, width);
  const widen = layer("mlp.c_fc", width, 4 * width, initial.widen);
  const narrow = layer("mlp.c_proj", 4 * width, width, initial.narrow);
  const norm2 = layerNorm(scope, `${name}.ln_2`, width);
  const feedForward = {
    wide: widen.weight,
    wideBias: widen.bias,
    narrow: narrow.weight,
    narrowBias: narrow.bias,
  };
  const trained = widen.weight.trainable;
  const scale = (width / heads) ** -0.5;
  return (x) => {
    const [q, k, v] = tf.split(linear(norm1(x), inWeight, inBias), 3, -1); // [R, T, width] each
    const seen = linear(attend(q, k, v, scale), join.weight, join.bias);
    const attended = tf.add(x, seen);
    return tf.add(attended, quickGeluMlp(norm2(attended), feedForward, { trained }));
  };
}

/** Of torch.nn.MultiheadAttention and torch.nn.Linear. */
function torchInitialisers(width: number): ClipBlockInitialisers {
  return {
    inProjection: xavierUniform,
    outProjection: uniformWithin(1 / Math.sqrt(width)),
    widen: uniformWithin(1 / Math.sqrt(width)),
    narrow: uniformWithin(1 / Math.sqrt(4 * width)),
  };
}
