/** Golden cases of `gs_moe`. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  splattedTarget,
  splattingLoss,
  type SplattingSettings,
} from "../../losses/gaussian_splatting.ts";
import { sideOf } from "../../contract/halves.ts";
import type { Values } from "../../contract/slot.ts";
import { peaksOf, sigmaModes } from "../../ops/gaussian_splat/op.ts";
import type { GoldenCase } from "../golden_case.ts";
import { type GoldenRunner, numberOf } from "../golden_runner.ts";

const modelKeys = z.object({
  expert_mlp: z.array(z.number()),
  gate_mlp: z.array(z.number()),
});

const splattingKeys = z.object({
  prominence: z.number(),
  sigma_mode: z.enum(sigmaModes).default("index_std"),
  neighbours: z.number().default(2),
  sigma_floor: z.number().default(1e-3),
});

/** Target of the abnormal videos, [n, T]. */
function targetOf({ scores }: Values, hyper: GoldenCase["hyper"]): tf.Tensor {
  const curves = tf.squeeze(sideOf(scores, "abnormal"), [2]);
  return splattedTarget(curves, splattingKeys.parse(hyper));
}

export const gsMoe: GoldenRunner = {
  model(hyper) {
    const { expert_mlp: expertMlp, gate_mlp: gateMlp } = modelKeys.parse(hyper);
    const [inner, dropout, divisor] = ["ffn", "dropout", "k_ratio"]
      .map((key) => numberOf(hyper, key));
    return {
      features: { dim: numberOf(hyper, "feature") },
      encoder: {
        name: "experts",
        hidden: numberOf(hyper, "hidden"),
        experts: numberOf(hyper, "experts"),
        heads: numberOf(hyper, "expert_heads"),
        inner,
        mlp: expertMlp,
        dropout,
      },
      head: {
        name: "expert_gate",
        heads: numberOf(hyper, "gate_heads"),
        inner,
        mlp: gateMlp,
        dropout,
      },
      loss: [
        { name: "topk_bce", weight: 1, divisor, extra: 0, clamp: 1e-6 },
        { name: "smoothness", weight: numberOf(hyper, "lambda_smooth") },
        { name: "sparsity", weight: numberOf(hyper, "lambda_sparse"), measure: "l2_norm" },
        {
          name: "gaussian_splatting",
          weight: numberOf(hyper, "w_tgs"),
          ...splattingKeys.parse(hyper),
        },
        { name: "expert_bce", weight: 1, divisor },
      ],
    };
  },
  terms: {
    loss_mil: "topk_bce",
    loss_smooth: "smoothness",
    loss_sparse: "sparsity",
    loss_tgs: "gaussian_splatting",
    loss_expert: "expert_bce",
  },
  outputs: {
    expert_scores: (values) => values.expert_scores,
    pseudo_labels: (values, _, hyper) => targetOf(values, hyper),
  },
  stepOutputs: {
    pseudo_label_sum: (values, hyper) => tf.sum(targetOf(values, hyper)),
  },
  /** The term is off in epoch 0; a train case has it on. */
  epoch({ kind, step_inputs: plan }, step) {
    const start = plan?.switches.find(({ name }) => name === "tgs")?.on_from_step;
    return kind === "steps" && start !== undefined && step < start ? 0 : 1;
  },
  compute({ curve }, { hyper, expected }) {
    // What is splatted are the curves as stored: a rounding of the smoothing could move a peak.
    const { data, shape } = expected.get("curve")!;
    const curves = tf.tensor(Float32Array.from(data), shape);
    const settings = splattingKeys.parse(hyper);
    const byMode = sigmaModes.map((mode) => splattedBy(curves, { ...settings, sigma_mode: mode }));
    return Object.assign(
      { curve: smoothed(curve), peaks: peaksOf(curves, settings) },
      ...byMode,
    );
  },
};

function splattedBy(curves: tf.Tensor, settings: SplattingSettings): Values {
  const { sigma_mode: mode } = settings;
  const { value, grad } = tf.valueAndGrad((x) => splattingLoss(x, settings))(curves);
  return {
    [`pseudo_labels/${mode}`]: splattedTarget(curves, settings),
    [`loss/${mode}`]: tf.reshape(value, [1]),
    [`grad/${mode}`]: grad,
  };
}

/** Every second row smoothed by a centred mean of 5 (the ends repeated), then stretched to 0.02..0.98: [M, T]. */
function smoothed(curves: tf.Tensor): tf.Tensor {
  const [, T] = curves.shape;
  const rows = tf.unstack(curves).map((row, i) => {
    if (i % 2 === 0) return row;
    const first = tf.slice(row, [0], [1]), last = tf.slice(row, [T! - 1], [1]);
    const padded = tf.concat([first, first, row, last, last]);
    const shifted = Array.from({ length: 5 }, (_, k) => tf.slice(padded, [k], [T!]));
    const mean = tf.div(tf.addN(shifted), 5);
    const low = tf.min(mean), high = tf.max(mean);
    return tf.add(tf.mul(tf.div(tf.sub(mean, low), tf.sub(high, low)), 0.96), 0.02);
  });
  return tf.stack(rows);
}
