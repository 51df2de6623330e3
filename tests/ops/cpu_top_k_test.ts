import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { gatherScores, gatherSnippets, topKIndices } from "../../src/ops/top_k/op.ts";
import { topKIndicesReference } from "../../src/ops/top_k/reference.ts";
import { assertGradient, onCpu, randomTensor } from "../support/on_cpu.ts";

onCpu("topKIndices() on the cpu takes the lower index first among equals", () => {
  const values = tf.tensor2d([[1, 3, 3, 0, 3], [2, 2, 2, 2, 2]]);
  assertEquals(topKIndices(values, 3).arraySync(), [[1, 2, 4], [0, 1, 2]]);
  const many = tf.round(tf.mul(randomTensor([7, 61], 1), 8)); // many ties
  const expected = topKIndicesReference(many.dataSync(), [7, 61], 5);
  assertEquals([...topKIndices(many, 5).dataSync()], [...expected]);
});

onCpu(
  "gatherSnippets() on the cpu takes the rows, the same of all crops; repeats add up backwards",
  () => {
    const [B, N, T, C, k] = [3, 2, 5, 7, 3];
    const features = randomTensor([B, N, T, C], 1);
    const index = tf.tensor2d([[4, 0, 4], [1, 2, 3], [0, 0, 0]], [B, k], "int32");
    const chosen = index.dataSync();
    const reference = (x: ArrayLike<number>) =>
      Array.from({ length: B * N * k * C }, (_, at) => {
        const c = at % C, j = Math.floor(at / C) % k, row = Math.floor(at / (C * k));
        return x[(row * T + chosen[Math.floor(row / N) * k + j]) * C + c];
      });
    const y = gatherSnippets(features, index);
    assertEquals(y.shape, [B, N, k, C]);
    assertEquals([...y.dataSync()], reference(features.dataSync()));
    assertGradient((x) => gatherSnippets(x, index), [features], reference, 1e-6);
  },
);

onCpu("gatherScores() on the cpu takes the scores of the chosen snippets", () => {
  const scores = tf.tensor2d([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]);
  const index = tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32");
  assertEquals([...gatherScores(scores, index).dataSync()], [0.3, 0.1, 0.5, 0.5].map(Math.fround));
});
