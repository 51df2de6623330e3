/**
 * From the description of prompts to the embeddings that enter a text tower, and from its output to
 * the rows that are read: products with matrices of zeros and ones, which are exact, and whose
 * gradients every device has.
 */

import * as tf from "@tensorflow/tfjs";
import type { PromptRow } from "../text/prompts.ts";

export interface PromptAssembly {
  /** @param embedding [V, W] of the tokens, @param learned [R, W] -> [rows, T, W] */
  assemble(embedding: tf.Tensor, learned?: tf.Tensor): tf.Tensor;
  /** x [rows, T, W] -> [rows, W], each at its own position. */
  read(x: tf.Tensor): tf.Tensor;
}

/** @param length positions at least, T; behind the end of a row stand zeros */
export function promptAssembly(rows: PromptRow[], length = 0): PromptAssembly {
  const T = Math.max(length, ...rows.map(({ readOut }) => readOut + 1));
  const tokens: { row: number; id: number }[] = [], vectors: { row: number; id: number }[] = [];
  rows.forEach(({ sources }, r) =>
    sources.slice(0, T).forEach((source, t) => {
      const row = r * T + t;
      if ("token" in source) tokens.push({ row, id: source.token });
      else vectors.push({ row, id: source.learned });
    })
  );
  const used = [...new Set(tokens.map(({ id }) => id))];
  const fromTokens = chooser(
    rows.length * T,
    used.length,
    tokens.map(({ row, id }) => [row, used.indexOf(id)]),
  );
  const readRows = chooser(
    rows.length,
    rows.length * T,
    rows.map(({ readOut }, r) => [r, r * T + readOut]),
  );
  return {
    assemble(embedding, learned) {
      const words = tf.gather(embedding, tf.tensor1d(used, "int32")); // [used, W]
      const width = embedding.shape[1]!;
      const known = tf.matMul(fromTokens(), words as tf.Tensor2D);
      if (vectors.length === 0) return tf.reshape(known, [rows.length, T, width]);
      if (!learned) throw new TypeError("Prompts with learned positions, and no table of vectors");
      const fromVectors = chooser(
        rows.length * T,
        learned.shape[0],
        vectors.map(({ row, id }) => [row, id]),
      );
      const all = tf.add(known, tf.matMul(fromVectors(), learned as tf.Tensor2D));
      return tf.reshape(all, [rows.length, T, width]);
    },
    read: (x) => tf.matMul(readRows(), tf.reshape(x, [rows.length * T, -1]) as tf.Tensor2D),
  };
}

/** Makes a [height, width] matrix of zeros with ones at the given places, on the current device. */
function chooser(height: number, width: number, ones: [number, number][]): () => tf.Tensor2D {
  const values = new Float32Array(height * width);
  for (const [row, column] of ones) values[row * width + column] = 1;
  return () => tf.tensor2d(values, [height, width]);
}
