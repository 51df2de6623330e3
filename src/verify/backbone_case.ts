/** Golden cases of a backbone: its network on weights by the formula, and what lies on its way. */

import * as tf from "@tensorflow/tfjs";
import type { Backbone } from "../contract/backbone.ts";
import type { Values } from "../contract/slot.ts";
import { buildNetwork, type BuiltNetwork } from "../nn/backbone_network.ts";
import { filledParameters } from "./fill.ts";
import type { GoldenCase } from "./golden_case.ts";

/**
 * Runs the network of a case on clips [N, T, rows, columns, channels]: its features, what it tells
 * of on the way, and what the case keeps of that.
 */
export function runBackbone<C>(
  backbone: Backbone<C>,
  settings: Record<string, unknown>,
  clips: tf.Tensor,
  golden: GoldenCase,
): Values {
  const built = networkOf(backbone, settings, golden);
  try {
    const found: Values = {};
    found.features = built.network(clips, (name, activation) => {
      found[name] = activation;
      for (const part of ["head", "tail", "mean"] as const) {
        const expected = golden.expected.get(`${name}_${part}`);
        if (expected) found[`${name}_${part}`] = partOf(activation, part, expected.shape);
      }
    });
    return found;
  } finally {
    built.dispose();
  }
}

/** The network of a case, on weights by the formula; the caller disposes of it. */
export function networkOf<C>(
  backbone: Backbone<C>,
  settings: Record<string, unknown>,
  golden: GoldenCase,
): BuiltNetwork {
  const source = `${golden.folder}/case.json`;
  return buildNetwork(backbone, backbone.config.parse(settings), filledParameters(golden), {
    source,
  });
}

/** [N, channels, frames, rows, columns] -> [N, frames, rows, columns, channels]. */
export function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 3, 4, 1]);
}

/**
 * What a case keeps of an activation: its first or last channels at the first or last rows and
 * columns, channels in front; or the mean over all but clips and channels. Of tokens [N, tokens,
 * channels], and of a table, the first or last along each axis.
 */
function partOf(x: tf.Tensor, part: "head" | "tail" | "mean", shape: number[]): tf.Tensor {
  const inner = x.shape.slice(1, -1).map((_, i) => i + 1);
  if (part === "mean") return tf.mean(x, inner);
  // frames are kept whole, or left out where there is one alone
  const sizes = x.rank <= 3
    ? shape
    : shape.length === x.rank
    ? [shape[0], ...shape.slice(2), shape[1]]
    : [shape[0], 1, ...shape.slice(2), shape[1]];
  const starts = sizes.map((size, axis) => part === "head" ? 0 : x.shape[axis] - size);
  const cut = tf.slice(x, starts, sizes);
  if (x.rank <= 3) return cut;
  return tf.reshape(tf.transpose(cut, [0, 4, 1, 2, 3]), shape);
}
