/** Golden cases of `rtfm`. */

import * as tf from "@tensorflow/tfjs";
import { sideOf } from "../../contract/halves.ts";
import type { Values } from "../../contract/slot.ts";
import { topKIndices } from "../../ops/top_k/op.ts";
import { DIM_OF_THE_CASE, type GoldenRunner } from "../golden_runner.ts";

/** The first 16 channels, channels first as in the official code: [R, T, C] -> [R, 16, T]. */
function channelsFirst(x: tf.Tensor): tf.Tensor {
  const [R, T] = x.shape;
  return tf.transpose(tf.slice(x, [0, 0, 0], [R, T!, 16]), [0, 2, 1]);
}

/** [2n, N, k, C] -> one half's rows in the official order, crop by crop: [N n, k, 16]. */
function selectedRows(values: Values, side: "normal" | "abnormal"): tf.Tensor {
  const half = sideOf(values["selected.features"], side);
  const [n, N, k] = half.shape;
  const head = tf.slice(half, [0, 0, 0, 0], [n, N!, k!, 16]);
  return tf.reshape(tf.transpose(head, [1, 0, 2, 3]), [N! * n, k!, 16]);
}

export const rtfm: GoldenRunner = {
  settings: {
    feature_size: "features.dim",
    k: "head.k",
    dropout: ["head.dropout", "head.selection_dropout"],
    alpha: "loss.magnitude_margin.weight",
    margin: "loss.magnitude_margin.margin",
    lambda_smooth: "loss.smoothness.weight",
    lambda_sparse: "loss.sparsity.weight",
    bn_eps: "encoder.bn_epsilon",
    bn_momentum: "encoder.bn_momentum",
  },
  apart: DIM_OF_THE_CASE,
  terms: {
    loss_cls: "selected_bce",
    loss_mag_unweighted: "magnitude_margin",
    loss_smooth: "smoothness",
    loss_sparse: "sparsity",
  },
  outputs: {
    magnitudes: ({ magnitude }) => magnitude,
    topk_index: ({ magnitude }) => topKIndices(magnitude, Math.min(3, magnitude.shape[1]!)),
    conv_1_head: ({ conv_1 }) => channelsFirst(conv_1),
    conv_2_head: ({ conv_2 }) => channelsFirst(conv_2),
    conv_3_head: ({ conv_3 }) => channelsFirst(conv_3),
    non_local_head: ({ non_local }) => channelsFirst(non_local),
    aggregate_head: ({ encoded }) => {
      const [B, N, T, C] = encoded.shape;
      return tf.slice(tf.reshape(encoded, [B * N!, T!, C!]), [0, 0, 0], [B * N!, T!, 32]);
    },
    score_normal: (values) => sideOf(values["selected.scores"], "normal"),
    score_abnormal: (values) => sideOf(values["selected.scores"], "abnormal"),
    topk_normal: (values) => sideOf(values["selected.index"], "normal"),
    topk_abnormal: (values) => sideOf(values["selected.index"], "abnormal"),
    selected_normal_head: (values) => selectedRows(values, "normal"),
    selected_abnormal_head: (values) => selectedRows(values, "abnormal"),
  },
};
