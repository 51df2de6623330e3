/** The sums over a graph's neighbours, and what is carried past them. */

import * as tf from "@tensorflow/tfjs";
import { defineKernel, runKernel } from "../kernel/kernel.ts";

// graph [B, T, T], x, residual [B, T, C] -> [B, T, C]
defineKernel({
  name: "WsvadGraphProduct",
  composed: ({ graph, x, residual }) => tf.add(tf.matMul(graph, x), residual),
  gradient: {
    inputsToSave: ["graph", "x"],
    gradFunc: (gradient, [graph, x]) => {
      const dy = gradient as tf.Tensor;
      return {
        graph: () => tf.matMul(dy, x, false, true),
        x: () => tf.matMul(graph, dy, true),
        residual: () => dy.clone(),
      };
    },
  },
});

/**
 * y_i = residual_i + sum over j of graph_ij x_j.
 *
 * @param graph [B, T, T]
 * @param x [B, T, C]
 * @param residual [B, T, C]
 */
export function graphProduct(graph: tf.Tensor, x: tf.Tensor, residual: tf.Tensor): tf.Tensor {
  return runKernel("WsvadGraphProduct", { graph, x, residual });
}
