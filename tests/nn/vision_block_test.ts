import * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../../src/contract/backbone.ts";
import { buildNetwork } from "../../src/nn/backbone_network.ts";
import { dense, visionBlock } from "../../src/nn/vision_block.ts";
import { assertClose, onEitherEngine, randomTensor, valuesOf } from "../support/on_cpu.ts";

const width = 4, inner = 6;

onEitherEngine(
  "visionBlock() adds attention, then the feed-forward part, each behind its norm",
  () => {
    const shapes: Record<string, number[]> = {
      "n1.weight": [width],
      "n1.bias": [width],
      "qkv.weight": [3 * width, width],
      "qkv.bias": [3 * width],
      "join.weight": [width, width],
      "join.bias": [width],
      "n2.weight": [width],
      "n2.bias": [width],
      "wide.weight": [inner, width],
      "wide.bias": [inner],
      "narrow.weight": [width, inner],
      "narrow.bias": [width],
    };
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([key, shape], i) => [key, randomTensor(shape, i)]),
    );
    const weights = new Map(
      Object.entries(tensors).map(([key, x]) => [key, { shape: x.shape, data: valuesOf(x) }]),
    );
    const build = (_: null, scope: WeightScope) =>
      visionBlock(scope, {
        keys: { norm1: "n1", norm2: "n2", join: "join", widen: "wide", narrow: "narrow" },
        qkv: "qkv.weight",
        qkvBias: scope.tensor({ "qkv.bias": [3 * width] }),
        ...{ width, heads: 1, inner, epsilon: 0.1, activation: tf.relu },
      });
    const { network, dispose } = buildNetwork({ name: "block", build }, null, weights, {
      source: "drawn",
    });
    const x = randomTensor([1, 3, width], 50);
    const layer = (x: tf.Tensor, key: string) =>
      tf.add(
        tf.matMul(x as tf.Tensor2D, tensors[`${key}.weight`] as tf.Tensor2D, false, true),
        tensors[
          `${key}.bias`
        ],
      );
    const norm = (x: tf.Tensor, key: string) => {
      const { mean, variance } = tf.moments(x, 1, true);
      const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 0.1)));
      return tf.add(tf.mul(normed, tensors[`${key}.weight`]), tensors[`${key}.bias`]);
    };
    const rows = tf.reshape(x, [3, width]);
    const [q, k, v] = tf.split(layer(norm(rows, "n1"), "qkv"), 3, 1) as tf.Tensor2D[];
    const share = tf.softmax(tf.mul(tf.matMul(q, k, false, true), width ** -0.5));
    const attended = tf.add(rows, layer(tf.matMul(share as tf.Tensor2D, v), "join"));
    const fed = layer(tf.relu(layer(norm(attended, "n2"), "wide")), "narrow");
    assertClose(network(x), valuesOf(tf.add(attended, fed)), 1e-5);
    dispose();
  },
);

onEitherEngine("dense() multiplies by the transpose of what the checkpoint holds", () => {
  const weight = randomTensor([2, 3], 1),
    bias = randomTensor([2], 2),
    x = randomTensor([4, 5, 3], 3);
  const scope: WeightScope = {
    attnImpl: "fused",
    tensor: (_, shape, make) => tf.tensor(make!(valuesOf(weight)), shape),
  };
  const rows = tf.reshape(x, [20, 3]);
  const expected = tf.add(tf.matMul(rows, weight as tf.Tensor2D, false, true), bias);
  assertClose(dense(scope, "w", bias, 3, 2)(x), valuesOf(expected), 1e-6);
});
