/**
 * Losses `normal_cluster` and `abnormal_cluster`: selected features of one kind of video have the
 * same lengths.
 *
 * Source: MGFN, Chen et al., AAAI 2023, section 3.4; carolchenyx/MGFN:train.py. The squared
 * distance of the L1 norms, between the second half of the rows and the first. Rows are stacked
 * crop by crop, so that with an even number of crops two crops of the same video meet; the paper
 * speaks of two videos. An odd last row has no partner.
 *
 * Requires selected.features [B, N, K, C], normal videos first; with one crop of one video a side
 * it is 0
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { lengthDistance, selectedRows } from "./selected_rows.ts";

const config = z.strictObject({
  weight: z.number().default(1e-3).describe("factor of the term in the loss"),
});

function cluster(side: "normal" | "abnormal"): LossTerm<z.infer<typeof config>> {
  return {
    name: `${side}_cluster`,
    summary: `selected features of ${side} videos have the same lengths`,
    source: "MGFN, Chen et al., AAAI 2023; carolchenyx/MGFN:train.py",
    config,
    requires: { "selected.features": "B N K C" },
    build: () => (values) => {
      const features = selectedRows(values["selected.features"], side); // [N n, K, C]
      const [rows, K, C] = features.shape;
      const half = Math.floor(rows / 2);
      if (half === 0) return tf.scalar(0);
      const first = tf.slice(features, [0, 0, 0], [half, K, C]);
      const second = tf.slice(features, [half, 0, 0], [half, K, C]);
      return tf.mean(tf.square(lengthDistance(second, first))) as tf.Scalar;
    },
  };
}

export const normalCluster = cluster("normal");
export const abnormalCluster = cluster("abnormal");
