import { assertAlmostEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { pullPush1, type PullPushConfig } from "../../src/losses/pull_push.ts";
import type { Context, LossScope } from "../../src/contract/slot.ts";
import { assertGradient, assertSameBits, onCpu, randomTensor } from "../support/on_cpu.ts";

const scope: LossScope = { parameters: () => [], guardSqrt: false, stream: () => 0 };
const nothing = {} as Context; // the term draws nothing and does not ask for the mode

function term(settings: Partial<PullPushConfig> = {}): (distances: tf.Tensor) => tf.Scalar {
  const value = pullPush1.build(pullPush1.config.parse(settings), scope, {});
  return (distances) => value({ "distance.1": distances }, nothing);
}

/**
 * The selection as the official code makes it: sets of indices, then pairs by position. x
 * [2h, 1, T].
 */
function reference(
  x: ArrayLike<number>,
  [h, T]: [number, number],
  { margin = 1, ratio_sample = 0.2, ratio_batch = 0.4 }: Partial<PullPushConfig> = {},
): number {
  const normal = (v: number, t: number) => x[v * T + t];
  const abnormal = (i: number) => x[h * T + i];
  const byDistance = (of: (i: number) => number) => (i: number, j: number) =>
    of(j) - of(i) || i - j;
  const indices = (count: number, start = 0) => Array.from({ length: count }, (_, i) => start + i);
  const chosen = new Set<number>();
  for (let v = 0; v < h; v++) {
    indices(T, v * T).sort(byDistance(abnormal)).slice(0, Math.floor(T * ratio_sample))
      .forEach((i) => chosen.add(i));
  }
  indices(h * T).sort(byDistance(abnormal)).slice(0, Math.trunc(h * T * ratio_batch))
    .forEach((i) => chosen.add(i));
  const negatives = [...chosen].sort((i, j) => i - j);
  const M = negatives.length;
  const ranked = indices(h).map((v) =>
    indices(T).sort(byDistance((t) => normal(v, t))).slice(0, Math.trunc(M / h) + 1)
      .map((t) => normal(v, t))
  );
  const positives = indices(T).flatMap((rank) =>
    ranked.flatMap((row) => rank < row.length ? [row[rank]] : [])
  ).slice(0, M);
  let sum = 0;
  for (let i = 0; i < M; i++) sum += Math.max(0, positives[i] - abnormal(negatives[i]) + margin);
  return sum / M;
}

const sizes: [number, number, Partial<PullPushConfig>][] = [
  [1, 3, {}],
  [1, 7, {}],
  [3, 11, {}],
  [2, 64, {}],
  [3, 11, { ratio_sample: 0.6, ratio_batch: 0 }],
  [3, 11, { ratio_sample: 0, ratio_batch: 0.6 }],
  [2, 5, { ratio_sample: 0.8, ratio_batch: 0.8, margin: 0.1 }], // all ranks of the normal videos
  [2, 5, { ratio_sample: 1, ratio_batch: 1 }],
];

for (const [h, T, settings] of sizes) {
  onCpu(
    `pullPush1 pairs as the official code: ${h} videos of ${T}, ${JSON.stringify(settings)}`,
    () => {
      // Larger for the second half, and most of one video, so that the two rules differ.
      const lift = tf.concat([tf.zeros([h, 1, 1]), tf.reshape(tf.range(0, h), [h, 1, 1])]);
      const x = tf.add(tf.mul(randomTensor([2 * h, 1, T], 5), 3), lift);
      const expected = (values: ArrayLike<number>) => [reference(values, [h, T], settings)];
      assertAlmostEquals(term(settings)(x).dataSync()[0], expected(x.dataSync())[0], 1e-5);
      assertGradient((x) => term(settings)(x), [x], expected, 1e-5);
    },
  );
}

onCpu("pullPush1 takes each crop as a video of its own", () => {
  const x = randomTensor([4, 3, 11], 5);
  const asVideos = tf.reshape(x, [12, 1, 11]);
  assertAlmostEquals(term()(x).dataSync()[0], term()(asVideos).dataSync()[0], 0);
});

onCpu("pullPush1 gives the same bits in two runs", () => {
  const x = randomTensor([6, 1, 40], 5);
  assertSameBits(() => tf.grad((x: tf.Tensor) => term()(x))(x));
});

onCpu("pullPush1 says what to do when no snippet can be chosen", () => {
  assertThrows(() => term()(tf.ones([2, 1, 2])), RangeError, "set data.segments higher");
});
