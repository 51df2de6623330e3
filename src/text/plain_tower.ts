/**
 * CLIP's text tower as plain loops in double precision: what tests compare with, and what computes
 * class texts where no device is open.
 *
 * Source: openai/CLIP:clip/model.py, encode_text.
 */

import type { TowerSizes } from "./clip_settings.ts";

const EPSILON = 1e-5;
const QUICK_GELU = 1.702;

type Numbers = ArrayLike<number>;

/** Values of a parameter by its official key. */
export type TowerValues = (name: string) => Numbers;

/**
 * The text feature [embed] of a row of tokens, read at its last one. Later positions could not be
 * seen.
 *
 * @param ids start, pieces, end
 */
export function plainTextFeature(
  values: TowerValues,
  { width, layers, heads, embed }: TowerSizes,
  ids: readonly number[],
): Float64Array {
  const table = values("token_embedding.weight"), positions = values("positional_embedding");
  let x: Float64Array[] = ids.map((id, t) =>
    Float64Array.from({ length: width }, (_, c) => table[id * width + c] + positions[t * width + c])
  );
  for (let layer = 0; layer < layers; layer++) {
    x = block(values, `transformer.resblocks.${layer}`, x, heads);
  }
  const read = normalised(values, "ln_final", x[x.length - 1]);
  const projection = values("text_projection"); // [width, embed]
  const feature = new Float64Array(embed);
  for (let c = 0; c < width; c++) {
    for (let e = 0; e < embed; e++) feature[e] += read[c] * projection[c * embed + e];
  }
  return feature;
}

function block(values: TowerValues, name: string, x: Float64Array[], heads: number) {
  const width = x[0].length;
  const layer = (part: string, rows: Float64Array[]) =>
    linear(values(`${name}.${part}.weight`), values(`${name}.${part}.bias`), rows);
  const qkv = linear(
    values(`${name}.attn.in_proj_weight`),
    values(`${name}.attn.in_proj_bias`),
    x.map((row) => normalised(values, `${name}.ln_1`, row)),
  );
  const attended = sum(x, layer("attn.out_proj", causalAttention(qkv, width, heads)));
  const wide = layer("mlp.c_fc", attended.map((row) => normalised(values, `${name}.ln_2`, row)));
  for (const row of wide) {
    for (let i = 0; i < row.length; i++) row[i] /= 1 + Math.exp(-QUICK_GELU * row[i]);
  }
  return sum(attended, layer("mlp.c_proj", wide));
}

/** qkv [T][3 width] -> [T][width]; position t sees those up to itself. */
function causalAttention(qkv: Float64Array[], width: number, heads: number): Float64Array[] {
  const size = width / heads;
  return qkv.map((query, t) => {
    const y = new Float64Array(width);
    for (let from = 0; from < width; from += size) {
      const logits = Float64Array.from({ length: t + 1 }, (_, s) => {
        let dot = 0;
        for (let i = from; i < from + size; i++) dot += query[i] * qkv[s][width + i];
        return dot / Math.sqrt(size);
      });
      const largest = Math.max(...logits);
      const powers = logits.map((logit) => Math.exp(logit - largest));
      const total = powers.reduce((all, power) => all + power);
      for (let s = 0; s <= t; s++) {
        for (let i = from; i < from + size; i++) {
          y[i] += powers[s] / total * qkv[s][2 * width + i];
        }
      }
    }
    return y;
  });
}

function normalised(values: TowerValues, name: string, x: Float64Array): Float64Array {
  const gain = values(`${name}.weight`), bias = values(`${name}.bias`);
  const mean = x.reduce((all, value) => all + value) / x.length;
  const variance = x.reduce((all, value) => all + (value - mean) ** 2, 0) / x.length;
  const inverse = 1 / Math.sqrt(variance + EPSILON);
  return x.map((value, c) => (value - mean) * inverse * gain[c] + bias[c]);
}

/** weight [outputs, inputs]. Rows inside, so that a weight is read once for all of them. */
function linear(weight: Numbers, bias: Numbers, rows: Float64Array[]): Float64Array[] {
  const inputs = rows[0].length, outputs = bias.length;
  const y = rows.map(() => new Float64Array(outputs));
  for (let o = 0; o < outputs; o++) {
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r];
      let total = bias[o];
      for (let i = 0, at = o * inputs; i < inputs; i++) total += row[i] * weight[at + i];
      y[r][o] = total;
    }
  }
  return y;
}

function sum(a: Float64Array[], b: Float64Array[]): Float64Array[] {
  return a.map((row, t) => row.map((value, c) => value + b[t][c]));
}
