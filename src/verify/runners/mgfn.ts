/** Golden cases of `mgfn`. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { sideOf } from "../../contract/halves.ts";
import { selectedRows } from "../../losses/selected_rows.ts";
import type { Values } from "../../contract/slot.ts";
import type { GoldenCase } from "../golden_case.ts";
import { topKIndices } from "../../ops/top_k/op.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

const stageKeys = z.object({
  dims: z.array(z.number()),
  depths: z.array(z.number()),
  types: z.array(z.enum(["gb", "fb"])),
});

function stagesOf(hyper: GoldenCase["hyper"]): Record<string, unknown>[] {
  const { dims, depths, types } = stageKeys.parse(hyper);
  return dims.map((width, s) => ({
    mixer: types[s] === "gb" ? "glance" : "focus",
    width,
    blocks: depths[s],
  }));
}

/** The first 16 channels, channels first as in the official code: [R, T, C] -> [R, 16, T]. */
function channelsFirst(x: tf.Tensor): tf.Tensor {
  const [R, T] = x.shape;
  return tf.transpose(tf.slice(x, [0, 0, 0], [R, T!, 16]), [0, 2, 1]);
}

/** L1 norms of one half's selected features, [N n, K]. */
function lengths(values: Values, side: "normal" | "abnormal"): tf.Tensor {
  return tf.sum(tf.abs(selectedRows(values["selected.features"], side)), 2);
}

export const mgfn: GoldenRunner = {
  settings: {
    channels: "features.dim",
    dims: (_, hyper) => ({ "encoder.stages": stagesOf(hyper) }),
    depths: null, // with the dims
    types: null, // with the dims
    dim_head: "encoder.head_width",
    ff_repeat: "encoder.feed_forward",
    local_kernel: "encoder.kernel",
    mag_ratio: "encoder.magnitude_ratio",
    k: "head.k",
    dropout: "head.selection_dropout",
    contrastive_margin: "loss.magnitude_contrast.margin",
    lambda_smooth: "loss.smoothness.weight",
    lambda_sparse: "loss.sparsity.weight",
    bn_eps: "encoder.bn_epsilon",
    bn_momentum: "encoder.bn_momentum",
    ln_eps: "head.ln_epsilon",
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_cls: "selected_bce",
    loss_con_unweighted: "magnitude_contrast",
    loss_con_normal_unweighted: "normal_cluster",
    loss_con_abnormal_unweighted: "abnormal_cluster",
    loss_smooth: "smoothness",
    loss_sparse: "sparsity",
  },
  outputs: {
    magnitudes: ({ magnitude }) => magnitude,
    topk_index: ({ magnitude }) => topKIndices(magnitude, Math.min(3, magnitude.shape[1]!)),
    to_tokens_head: ({ tokens }) => channelsFirst(tokens),
    to_mag_head: (values) => channelsFirst(values.magnitude_tokens),
    glance_0_head: (values) => channelsFirst(values.glance_0),
    focus_0_head: (values) => channelsFirst(values.focus_0),
    stage_0_head: (values) => channelsFirst(values.stage_0),
    stage_1_head: (values) => channelsFirst(values.stage_1),
    stage_2_head: (values) => channelsFirst(values.stage_2),
    features_head: ({ normed }) => {
      const [B, N, T, C] = normed.shape;
      return tf.slice(tf.reshape(normed, [B * N!, T!, C!]), [0, 0, 0], [B * N!, T!, 32]);
    },
    score_normal: (values) => sideOf(values["selected.scores"], "normal"),
    score_abnormal: (values) => sideOf(values["selected.scores"], "abnormal"),
    topk_normal: (values) => sideOf(values["selected.index"], "normal"),
    topk_abnormal: (values) => sideOf(values["selected.index"], "abnormal"),
    selected_normal_l1: (values) => lengths(values, "normal"),
    selected_abnormal_l1: (values) => lengths(values, "abnormal"),
  },
};
