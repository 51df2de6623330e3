/**
 * Encoder `prototype_interaction`: every snippet asks a few learned prototypes, and is joined with
 * what they answer.
 *
 * Source: ProDisc-VAD, Zhu et al., 2025, arXiv 2505.02179; modadundun/ProDisc-VAD (prototype
 * layer). The paper compares by cosine, the official code, followed here, by a scaled product.
 * Golden values: tests/golden/prodisc.
 *
 * Requires features [B, N, T, C], any T >= 1; no snippet sees another
 * Provides encoded [B, N, T, C]; prototype_weights [B, N, T, P], P prototypes
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Slot } from "../contract/slot.ts";
import { xavierLayer } from "../nn/dense_chain.ts";
import { dropped } from "../nn/dropout.ts";
import { normalWith } from "../nn/initialisers.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { gelu } from "../ops/gelu/op.ts";
import { linear } from "../ops/linear/op.ts";
import { softmax } from "../ops/softmax/op.ts";

const config = z.strictObject({
  prototypes: z.int().positive().default(5).describe("learned pairs of a key and a value"),
  feature_factor: z.number().default(10).describe("factor of the snippet in the sum"),
  context_factor: z.number().default(5).describe("factor of what the prototypes answer"),
  dropout: z.number().min(0).lt(1).default(0.1).describe("dropout of the encoded snippets"),
  ln_epsilon: z.number().positive().default(1e-5).describe("added to the variance of the channels"),
});

export const prototypeInteraction: Slot<z.infer<typeof config>> = {
  name: "prototype_interaction",
  summary: "every snippet alone, joined with the answer of a few learned prototypes",
  source: "ProDisc-VAD, Zhu et al., 2025; modadundun/ProDisc-VAD",
  config,
  requires: { features: "B N T C" },
  offers: ["encoded", "prototype_weights"],
  provides: ({ prototypes }, { C }) => ({
    encoded: `B N T ${C}`,
    prototype_weights: `B N T ${prototypes}`,
  }),
  build(settings, scope, { C }) {
    const { prototypes, feature_factor, context_factor, dropout, ln_epsilon: epsilon } = settings;
    const [keys, values] = ["keys", "values"].map((part) =>
      scope.parameter(
        `prototype_layer.normal_prototypes_${part}`,
        [prototypes, C],
        normalWith(0.02),
      )
    );
    const normalise = layerNorm(scope, "prototype_layer.norm", C, epsilon);
    const project = xavierLayer(scope, "prototype_layer.output_proj", C, C);
    const stream = scope.stream("dropout");
    return ({ features }, context) => {
      const asked = tf.mul(linear(features, keys), C ** -0.5); // [B, N, T, P]
      const weights = softmax(asked);
      const answer = linear(weights, tf.transpose(values)); // [B, N, T, C]
      const joined = tf.add(tf.mul(features, feature_factor), tf.mul(answer, context_factor));
      return {
        prototype_weights: weights,
        encoded: dropped(gelu(project(normalise(joined))), dropout, stream, context),
      };
    };
  },
};
