import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { graphProduct } from "../../src/ops/graph_product/op.ts";
import { graphProductReference } from "../../src/ops/graph_product/reference.ts";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { similarityGraph } from "../../src/ops/similarity_graph/op.ts";
import { similarityGraphReference } from "../../src/ops/similarity_graph/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

const THRESHOLD = 0.2;

onEitherEngine("similarityGraph() agrees with plain loops, value and gradient", () => {
  const sizes: [[number, number, number], number[]][] = [
    [[1, 1, 3], [1]],
    [[2, 5, 3], [5, 2]],
    [[3, 37, 4], [37, 1, 20]],
  ];
  for (const [shape, lengths] of sizes) {
    const x = randomTensor(shape, 3), valid = tf.tensor1d(lengths, "int32");
    const reference = (values: ArrayLike<number>) =>
      similarityGraphReference(values, lengths, shape, THRESHOLD);
    const graph = (x: tf.Tensor) => similarityGraph(x, valid, THRESHOLD);
    for (const check of [(body: () => void) => body(), withComposedForms]) {
      check(() => {
        assertClose(graph(x), reference(x.dataSync()), 1e-6);
        assertGradient(graph, [x], reference, 2e-6);
      });
    }
  }
});

onCpu(
  "similarityGraph() gives a snippet of zeros even weights and no gradient but finite ones",
  () => {
    const x = tf.tensor3d([[[1, 0], [0, 0], [3, 0], [9, 9]]]);
    const lengths = tf.tensor1d([3], "int32");
    const e = Math.E, alike = [e / (2 * e + 1), 1 / (2 * e + 1), e / (2 * e + 1), 0];
    const third = 1 / 3;
    const expected = [...alike, third, third, third, 0, ...alike, 0, 0, 0, 0];
    assertClose(similarityGraph(x, lengths, 0.7), expected, 1e-6);
    const slope = tf.grad((x) => tf.sum(tf.square(similarityGraph(x, lengths, 0.7))))(x);
    assertEquals([...slope.dataSync()].every(Number.isFinite), true);
  },
);

onCpu("similarityGraph() counts a cosine at the threshold as none", () => {
  const x = tf.tensor3d([[[1, 0], [0, 1]]]); // cosines 1 and 0
  const row = similarityGraph(x, tf.tensor1d([2], "int32"), 1).dataSync();
  assertEquals([...row], [0.5, 0.5, 0.5, 0.5]);
});

onCpu("similarityGraph() gives the same bits in two runs", () => {
  const x = randomTensor([2, 19, 5], 1), lengths = tf.tensor1d([19, 7], "int32");
  const graph = (x: tf.Tensor) => similarityGraph(x, lengths, THRESHOLD);
  assertSameBits(() => [graph(x), tf.grad((x) => tf.sum(tf.square(graph(x))))(x)]);
});

onEitherEngine("graphProduct() agrees with plain loops, value and gradient", () => {
  for (const [B, T, C] of [[1, 1, 1], [2, 5, 3], [3, 37, 6]] as [number, number, number][]) {
    const inputs = [[B, T, T], [B, T, C], [B, T, C]].map((shape, i) => randomTensor(shape, i));
    const reference = (...[graph, x, residual]: ArrayLike<number>[]) =>
      graphProductReference(graph, x, residual, [B, T, C]);
    const product = (...[graph, x, residual]: tf.Tensor[]) => graphProduct(graph, x, residual);
    assertClose(product(...inputs), reference(...inputs.map((x) => x.dataSync())), 2e-6);
    assertGradient(product, inputs, reference, 2e-6);
  }
});
