import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { runKernels, withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { perturbedTopK } from "../../src/ops/perturbed_top_k/op.ts";
import {
  perturbedTopKGradientReference,
  perturbedTopKReference,
} from "../../src/ops/perturbed_top_k/reference.ts";
import { assertClose, assertSameBits, onCpu, randomTensor } from "../support/on_cpu.ts";

const sizes: [number, number, number][] = [[1, 1, 1], [2, 3, 7], [3, 5, 61], [1, 101, 32], [
  2,
  2,
  257,
]];

onCpu("perturbedTopK() is the share of noisy copies in which a snippet is among the best", () => {
  const scores = tf.tensor2d([[0.5, 0.4, 0.1]]);
  const noise = tf.tensor3d([[[0, 0, 0], [-1, 1, 0], [-1, 0, 1], [-3, 3, 6]]]);
  // kept: 0 and 1; 1 and 0 (0.5 = 0.5); 0 and 1; 2 and 1
  assertClose(perturbedTopK(scores, noise, { k: 2, sigma: 0.1 }), [0.75, 1, 0.25], 0);
});

onCpu("perturbedTopK() takes the lower index first among equals", () => {
  const frequency = (values: number[], k: number) => {
    const scores = tf.tensor2d([values]);
    return [...perturbedTopK(scores, tf.zeros([1, 2, values.length]), { k, sigma: 1 }).dataSync()];
  };
  assertEquals(frequency([1, 1, 1, 1, 1], 3), [1, 1, 1, 0, 0]);
  assertEquals(frequency([0, 2, 1, 2, 1, 1, 0], 4), [0, 1, 1, 1, 1, 0, 0]);
  assertEquals(frequency([0, -0, -1, 0, -0], 3), [1, 1, 0, 1, 0]);
  assertEquals(frequency([-3, -2, -2, -7, -2], 2), [0, 1, 1, 0, 0]);
});

onCpu("perturbedTopK() agrees with a sort at every k, and its composed form in every bit", () => {
  for (const shape of sizes) {
    const [R, , T] = shape;
    // Scores of a few steps and noise of none or one: many ties.
    const scores = tf.div(tf.round(tf.mul(randomTensor([R, T], 1), 6)), 8);
    const noise = tf.round(tf.mul(randomTensor(shape, 2), 3));
    for (const k of new Set([1, Math.ceil(T / 3), Math.max(1, Math.trunc(0.95 * T)), T])) {
      const settings = { k, sigma: 0.25 };
      const { frequency } = perturbedTopKReference(
        scores.dataSync(),
        noise.dataSync(),
        shape,
        settings,
      );
      const run = () => runKernels("WsvadPerturbedTopK", { scores, noise }, settings);
      assertClose(run()[0], frequency, 1e-6);
      const [own, composed] = [run(), withComposedForms(run)];
      assertEquals(own[1].dataSync(), composed[1].dataSync());
      // the mean of a composed form may divide otherwise
      assertClose(own[0], composed[0].dataSync(), 1e-7);
    }
  }
});

onCpu("perturbedTopK() adds up to k in every row", () => {
  const frequency = perturbedTopK(randomTensor([4, 33], 1), randomTensor([4, 20, 33], 2), {
    k: 31,
    sigma: 0.05,
  });
  for (const sum of tf.sum(frequency, 1).dataSync()) assertAlmostEquals(sum, 31, 1e-4);
});

onCpu("perturbedTopK() has the official gradient, which is not the textbook's", () => {
  for (const shape of sizes) {
    const [R, n, T] = shape;
    const scores = randomTensor([R, T], 3), noise = randomTensor(shape, 4);
    const slope = randomTensor([R, T], 5), settings = { k: Math.ceil(T / 2), sigma: 0.05 };
    const { chosen } = perturbedTopKReference(
      scores.dataSync(),
      noise.dataSync(),
      shape,
      settings,
    );
    const gradient = (scores: tf.Tensor) =>
      tf.grad((x: tf.Tensor) => tf.sum(tf.mul(perturbedTopK(x, noise, settings), slope)))(scores);
    const expected = perturbedTopKGradientReference(
      slope.dataSync(),
      noise.dataSync(),
      chosen,
      shape,
      settings.sigma,
    );
    assertClose(gradient(scores), expected, 1e-5 * T); // sums of T n products of up to 10 / n
    assertClose(withComposedForms(() => gradient(scores)), expected, 1e-5 * T);
    assertSameBits(() => gradient(scores));
    if (T === 1) continue;
    const textbook = Array.from({ length: R * T }, (_, i) => {
      const r = Math.floor(i / T), z = noise.dataSync();
      let sum = 0;
      for (let j = r * n; j < (r + 1) * n; j++) {
        let dot = 0;
        for (let t = 0; t < T; t++) dot += chosen[j * T + t] * slope.dataSync()[r * T + t];
        sum += z[j * T + i % T] * dot;
      }
      return sum / (n * settings.sigma);
    });
    assertThrows(() => assertClose(gradient(scores), textbook, 0.1));
  }
});

onCpu("perturbedTopK() cannot keep more snippets than there are", () => {
  assertThrows(
    () => perturbedTopK(tf.ones([1, 3]), tf.ones([1, 2, 3]), { k: 4, sigma: 1 }),
    RangeError,
    "Cannot select 4 snippets of 3",
  );
});

onCpu("perturbedTopK() keeps k snippets of a row with a NaN", () => {
  const scores = tf.tensor2d([[1, NaN, 3, 2]]);
  const kept = perturbedTopK(scores, tf.zeros([1, 1, 4]), { k: 2, sigma: 1 });
  assertEquals([...kept.dataSync()], [0, 1, 1, 0]);
});
