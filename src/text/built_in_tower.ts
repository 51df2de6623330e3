/**
 * A small random text tower, so that text methods can be tried without a download: synthetic
 * features (`data.features=clip`) lie where it puts the names of the classes. It reads CLIP's
 * tokens.
 */

import { Random } from "../random.ts";
import type { TowerSizes } from "./clip_settings.ts";
import { plainTextFeature } from "./plain_tower.ts";
import { clipTokenizer } from "./tokenizer.ts";
import { towerParameters } from "./tower_parameters.ts";

/** Of several the one that puts the classes of UCF-Crime furthest apart. */
const SEED = 1;

/** Its sizes, for features of `embed` channels. */
export function builtInSizes(embed: number): TowerSizes {
  return { vocabulary: 49408, context: 77, width: 64, layers: 2, heads: 2, embed };
}

/**
 * Standard deviations by the end of the key, of uniform numbers; biases and offsets are 0, gains 1.
 */
const deviations: [string, number][] = [
  ["token_embedding.weight", 1],
  ["positional_embedding", 0.1],
  ["in_proj_weight", 64 ** -0.5],
  ["out_proj.weight", 64 ** -0.5],
  ["c_fc.weight", 128 ** -0.5],
  ["c_proj.weight", 0.5 * 256 ** -0.5],
  ["text_projection", 64 ** -0.5],
];

const TOKENS = "token_embedding.weight";

function deviationOf(name: string): number | undefined {
  return deviations.find(([end]) => name.endsWith(end))?.[1];
}

/** Values of a parameter of the tower: the same everywhere, whatever the seed of a run. */
export function builtInValues(name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const deviation = deviationOf(name);
  if (deviation === undefined) return new Float32Array(size).fill(name.endsWith(".weight") ? 1 : 0);
  const values = new Float32Array(size), columns = shape.at(-1)!;
  for (let row = 0; row < size / columns; row++) {
    drawRow(values.subarray(row * columns, (row + 1) * columns), name, row, deviation);
  }
  return values;
}

/**
 * A row of a parameter: each has a stream of its own, so that one token needs not all the others.
 */
function drawRow(values: Float32Array, name: string, row: number, deviation: number): void {
  const random = new Random(SEED, `built-in text tower/${name}`, row);
  const width = deviation * Math.sqrt(12);
  for (let i = 0; i < values.length; i++) values[i] = width * (random.uniform() - 0.5);
}

/** What the tower makes of rows of tokens: start, pieces, end. */
export function builtInFeatures(rows: number[][], embed: number): Float64Array[] {
  const sizes = builtInSizes(embed);
  const made = new Map<string, Float32Array>();
  for (const [name, shape] of towerParameters(sizes)) {
    if (name !== TOKENS) made.set(name, builtInValues(name, shape));
  }
  // Of 49408 tokens these rows alone are looked at.
  const { vocabulary, width } = sizes;
  const table = new Float32Array(vocabulary * width);
  for (const id of new Set(rows.flat())) {
    drawRow(table.subarray(id * width, (id + 1) * width), TOKENS, id, deviationOf(TOKENS)!);
  }
  made.set(TOKENS, table);
  return rows.map((ids) => plainTextFeature((name) => made.get(name)!, sizes, ids));
}

/**
 * Directions of the classes of a data set with `dim` channels: their texts' features without what
 * all share, norm 1.
 */
export function builtInClassDirections(classes: readonly string[], dim: number): Float32Array[] {
  const tokenizer = clipTokenizer();
  const features = builtInFeatures(
    classes.map((name) => [tokenizer.start, ...tokenizer.pieces(name), tokenizer.end]),
    dim,
  );
  const mean = features[0].map((_, c) =>
    features.reduce((sum, feature) => sum + feature[c], 0) / features.length
  );
  return features.map((feature) => {
    const own = feature.map((value, c) => value - mean[c]);
    const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    return Float32Array.from(own, (value) => value / norm);
  });
}
