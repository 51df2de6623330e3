import { assert, assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { latentKl } from "../../src/losses/latent_kl.ts";
import { memoryAbnormalHit } from "../../src/losses/memory_abnormal_hit.ts";
import { memoryAbnormalMiss } from "../../src/losses/memory_abnormal_miss.ts";
import { memoryDistance } from "../../src/losses/memory_distance.ts";
import { memoryNormalHit } from "../../src/losses/memory_normal_hit.ts";
import { memoryNormalMiss } from "../../src/losses/memory_normal_miss.ts";
import { memoryTriplet } from "../../src/losses/memory_triplet.ts";
import { topkBce } from "../../src/losses/topk_bce.ts";
import type { LossEntry } from "../../src/model/registry.ts";
import type { Context, LossScope, Values } from "../../src/contract/slot.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";

function scopeWith(guardSqrt: boolean): LossScope {
  return { parameters: () => [], guardSqrt, stream: () => 0 };
}

function valueOf(term: LossEntry, values: Values, guard = false): tf.Scalar {
  return term.build(term.config.parse({}), scopeWith(guard), {})(values, {} as Context);
}

function numberOf(term: LossEntry, values: Values): number {
  return valueOf(term, values).dataSync()[0];
}

/** Two normal snippets, then two abnormal ones; with T = 2 one snippet is chosen of each video. */
const activation = () => tf.tensor2d([[0.2, 0.4], [0.6, 0.9]]);

onCpu("the memory terms look at the half and the snippets that they name", () => {
  const log = (p: number) => -Math.log(p);
  const close = (found: number, expected: number) => assertAlmostEquals(found, expected, 1e-6);
  const abnormal = { "memory.abnormal": activation() }, normal = { "memory.normal": activation() };
  close(numberOf(memoryAbnormalHit, abnormal), log(0.9)); // the best known
  close(numberOf(memoryNormalMiss, normal), log(1 - 0.6)); // the least known
  close(numberOf(memoryNormalHit, normal), (log(0.2) + log(0.4)) / 2); // all
  close(numberOf(memoryAbnormalMiss, abnormal), (log(0.8) + log(0.6)) / 2); // all
  const scores = tf.expandDims(activation(), 2);
  close(numberOf(topkBce, { scores }), (log(1 - 0.4) + log(0.9)) / 2);
});

onCpu("topkBce counts T / 16 + 1 snippets, and all of a single one", () => {
  const row = (T: number) => Array.from({ length: T }, (_, t) => t / 40);
  for (const [T, best] of [[1, 0], [15, 14 / 40], [16, 14.5 / 40], [32, 30 / 40]]) {
    const scores = tf.tensor([...row(T), ...row(T)], [2, T, 1]);
    const expected = (-Math.log(1 - best) - Math.max(-100, Math.log(best))) / 2;
    assertAlmostEquals(numberOf(topkBce, { scores }), expected, 1e-5);
  }
});

onCpu("latentKl sums over time and takes the mean over rows and channels", () => {
  const [P, N, T, C] = [2, 3, 5, 7];
  const mean = randomTensor([P, N, T, C], 1), logVariance = randomTensor([P, N, T, C], 2);
  const mu = mean.dataSync(), lv = logVariance.dataSync();
  let sum = 0;
  for (let i = 0; i < mean.size; i++) sum += 1 + lv[i] - mu[i] ** 2 - Math.exp(lv[i]);
  const values = { "latent.mean": mean, "latent.log_variance": logVariance };
  assertAlmostEquals(numberOf(latentKl, values), -0.5 * sum / (P * N * C), 1e-6);
});

onCpu("memoryTriplet compares unit vectors, with 1e-6 added to every difference", () => {
  const values = {
    anchor: tf.tensor2d([[2, 0]]),
    positive: tf.tensor2d([[0, 5]]),
    negative: tf.tensor2d([[3, 0]]),
  };
  const far = Math.hypot(1 + 1e-6, -1 + 1e-6), near = Math.hypot(1e-6, 1e-6);
  assertAlmostEquals(numberOf(memoryTriplet, values), far - near + 1, 1e-6);
});

onCpu("memoryTriplet of a zero vector is NaN, and finite with its gradient under the guard", () => {
  const [positive, negative] = [randomTensor([2, 3], 1), randomTensor([2, 3], 2)];
  const anchor = tf.tensor2d([[0, 0, 0], [1, 2, 3]]);
  assert(Number.isNaN(numberOf(memoryTriplet, { anchor, positive, negative })));
  const gradient = tf.grad((anchor: tf.Tensor) =>
    valueOf(memoryTriplet, { anchor, positive, negative }, true)
  )(anchor);
  assert([...gradient.dataSync()].every(Number.isFinite));
});

onCpu(
  "memoryDistance wants the abnormal reading longer by 100; zero readings have gradient 0",
  () => {
    const values = { "read.normal": tf.tensor2d([[3, 4]]), "read.abnormal": tf.tensor2d([[0, 7]]) };
    assertAlmostEquals(numberOf(memoryDistance, values), 100 - 7 + 5, 1e-5);
    const gradient = tf.grad((x: tf.Tensor) =>
      valueOf(memoryDistance, { "read.normal": x, "read.abnormal": x })
    )(tf.zeros([2, 3]));
    assert([...gradient.dataSync()].every((value) => value === 0));
  },
);
