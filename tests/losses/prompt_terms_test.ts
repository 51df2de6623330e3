import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { distributionInconsistency } from "../../src/losses/distribution_inconsistency.ts";
import { abnormalPromptRanking, normalPromptRanking } from "../../src/losses/prompt_ranking.ts";
import { pseudoLabelBce } from "../../src/losses/pseudo_label_bce.ts";
import { similaritySmoothness, similaritySparsity } from "../../src/losses/similarity_shape.ts";
import type { LossEntry } from "../../src/model/registry.ts";
import type { Context, Values } from "../../src/contract/slot.ts";
import { minMax } from "../../src/ops/min_max/op.ts";
import { minMaxReference } from "../../src/ops/min_max/reference.ts";
import { assertClose, assertGradient, onCpu, randomTensor } from "../support/on_cpu.ts";

function valueOf(term: LossEntry, values: Values, settings = {}): tf.Scalar {
  const scope = { parameters: () => [], guardSqrt: false, stream: () => 0 };
  return term.build(term.config.parse(settings), scope, {})(values, {} as Context);
}

function numberOf(term: LossEntry, values: Values, settings = {}): number {
  return valueOf(term, values, settings).dataSync()[0];
}

/**
 * One normal and one abnormal video of two frames, three classes; the abnormal one is of class 2.
 */
const values = (): Values => ({
  "similarity.normal": tf.tensor2d([[0.5, 0.3], [0.1, 0.4]]),
  "similarity.text": tf.tensor3d([
    [[0.9, 0.1, 0.2], [0.9, 0.6, 0.3]],
    [[0.9, 0.2, 0.8], [0.9, 0.3, 0.7]],
  ]),
  "similarity.own": tf.tensor2d([[0.9, 0.9], [0.8, 0.7]]),
  own_classes: tf.tensor2d([[1, 0, 0], [0, 0, 1]]),
});

onCpu("the prompt rankings compare the best frames, and leave out Normal and the own class", () => {
  assertAlmostEquals(numberOf(normalPromptRanking, values()), 1 - 0.5 + 0.6, 1e-6);
  const own = 1 - 0.8 + 0.3, normal = 1 - 0.4 + 0.3;
  assertAlmostEquals(numberOf(abnormalPromptRanking, values()), own + normal, 1e-6);
  assertEquals(numberOf(normalPromptRanking, values(), { margin: -0.2 }), 0);
});

onCpu("abnormalPromptRanking asks nothing where the own class is the only one", () => {
  const two = {
    ...values(),
    "similarity.text": tf.fill([2, 2, 2], 0.9),
    own_classes: tf.tensor2d([[1, 0], [0, 1]]),
  };
  assertEquals(numberOf(abnormalPromptRanking, two), 0);
});

onCpu("distributionInconsistency is the cosine of both curves of abnormal videos", () => {
  const cosine = (0.1 * 0.8 + 0.4 * 0.7) / Math.hypot(0.1, 0.4) / Math.hypot(0.8, 0.7);
  assertAlmostEquals(numberOf(distributionInconsistency, values()), cosine, 1e-6);
  assertAlmostEquals(numberOf(distributionInconsistency, values(), { min_max: true }), 0, 1e-6);
  const zeros = { "similarity.normal": tf.zeros([2, 3]), "similarity.own": tf.zeros([2, 3]) };
  assertEquals(numberOf(distributionInconsistency, zeros), 0);
});

onCpu("similarity terms sum over the frames of stretched curves", () => {
  const own = tf.tensor2d([[9, 9, 9], [1, 3, 2]]); // stretched: 0, 1, 0.5
  assertAlmostEquals(numberOf(similaritySmoothness, { "similarity.own": own }), 1.25, 1e-6);
  assertAlmostEquals(numberOf(similaritySparsity, { "similarity.own": own }), 1.5, 1e-6);
  const single = { "similarity.own": tf.tensor2d([[0.1], [0.2]]) };
  assertEquals(numberOf(similaritySmoothness, single), 0);
  assertEquals(numberOf(similaritySparsity, single), 0);
});

onCpu("pseudoLabelBce is the cross entropy, or as printed a hundred times the error", () => {
  const rows = [0.25, 0.5, 0.75, 0.125], labels = [0, 0, 1, 0];
  const given = () => ({
    scores: tf.tensor(rows, [2, 2, 1]),
    pseudo_labels: tf.tensor(labels, [2, 2]),
  });
  const entropy = rows.map((p, i) => -Math.log(labels[i] ? p : 1 - p));
  const error = rows.map((p, i) => 100 * Math.abs(p - labels[i]));
  const mean = (x: number[]) => x.reduce((sum, value) => sum + value) / x.length;
  assertAlmostEquals(numberOf(pseudoLabelBce, given()), mean(entropy), 1e-6);
  assertAlmostEquals(numberOf(pseudoLabelBce, given(), { swapped: true }), mean(error), 1e-5);
});

onCpu("minMax() agrees with plain loops, value and gradient", () => {
  for (const [R, T] of [[1, 1], [3, 2], [2, 17]] as [number, number][]) {
    const x = randomTensor([R, T], 1);
    const reference = (x: ArrayLike<number>) => minMaxReference(x, [R, T]);
    assertClose(minMax(x), reference(x.dataSync()), 1e-6);
    if (T > 1) assertGradient(minMax, [x], reference, 2e-5); // a range of one frame is 1e-8 wide
  }
});

onCpu("minMax() sends the gradient of both ends to the first frame that reaches them", () => {
  const x = tf.tensor2d([[1, 3, 1, 3, 2]]);
  const slopes = tf.grad((x: tf.Tensor) => tf.sum(tf.slice(minMax(x), [0, 4], [1, 1])))(x);
  assertClose(slopes, [-0.25, -0.25, 0, 0, 0.5], 1e-6);
  assert(
    tf.grad((x: tf.Tensor) => tf.sum(minMax(x)))(tf.zeros([2, 4])).dataSync()
      .every(Number.isFinite),
  );
});
