/** Golden cases of `gs_moe`. */

import * as tf from "@tensorflow/tfjs";
import {
  splattedTarget,
  splattingLoss,
  type SplattingSettings,
} from "../../losses/gaussian_splatting.ts";
import { sideOf } from "../../contract/halves.ts";
import type { Values } from "../../contract/slot.ts";
import { peaksOf, sigmaModes } from "../../ops/gaussian_splat/op.ts";
import type { ModelConfig } from "../../model/chain.ts";
import { DIM_OF_THE_CASE, type GoldenRunner, lossOf } from "../golden_runner.ts";

const splattingOf = (model: ModelConfig): SplattingSettings => lossOf(model, "gaussian_splatting");

/** Target of the abnormal videos, [n, T]. */
function targetOf({ scores }: Values, model: ModelConfig): tf.Tensor {
  const curves = tf.squeeze(sideOf(scores, "abnormal"), [2]);
  return splattedTarget(curves, splattingOf(model));
}

export const gsMoe: GoldenRunner = {
  settings: {
    feature: "features.dim",
    hidden: "encoder.hidden",
    experts: "encoder.experts",
    expert_heads: "encoder.heads",
    gate_heads: "head.heads",
    ffn: ["encoder.inner", "head.inner"],
    expert_mlp: "encoder.mlp",
    gate_mlp: "head.mlp",
    k_ratio: ["loss.topk_bce.divisor", "loss.expert_bce.divisor"],
    prominence: "loss.gaussian_splatting.prominence",
    sigma_mode: "loss.gaussian_splatting.sigma_mode",
    default_sigma_mode: "loss.gaussian_splatting.sigma_mode",
    neighbours: "loss.gaussian_splatting.neighbours",
    sigma_floor: "loss.gaussian_splatting.sigma_floor",
    lambda_smooth: "loss.smoothness.weight",
    lambda_sparse: "loss.sparsity.weight",
    w_tgs: "loss.gaussian_splatting.weight",
    layer_norm_eps: { fixed: 1e-5 },
    dropout: { fixed: 0 }, // off in every case
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_mil: "topk_bce",
    loss_smooth: "smoothness",
    loss_sparse: "sparsity",
    loss_tgs: "gaussian_splatting",
    loss_expert: "expert_bce",
  },
  outputs: {
    expert_scores: (values) => values.expert_scores,
    pseudo_labels: (values, _, model) => targetOf(values, model),
  },
  stepOutputs: {
    pseudo_label_sum: (values, model) => tf.sum(targetOf(values, model)),
  },
  /** The term is off in epoch 0; a train case has it on. */
  epoch({ kind, step_inputs: plan }, step) {
    const start = plan?.switches.find(({ name }) => name === "tgs")?.on_from_step;
    return kind === "steps" && start !== undefined && step < start ? 0 : 1;
  },
  compute({ curve }, { expected }, model) {
    // What is splatted are the curves as stored: a rounding of the smoothing could move a peak.
    const { data, shape } = expected.get("curve")!;
    const curves = tf.tensor(Float32Array.from(data), shape);
    const settings = splattingOf(model);
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

/**
 * Every second row smoothed by a centred mean of 5 (the ends repeated), then stretched to
 * 0.02..0.98: [M, T].
 */
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
