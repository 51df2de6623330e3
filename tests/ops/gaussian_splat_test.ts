import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { gaussianSplat, peaksOf, sigmaModes } from "../../src/ops/gaussian_splat/op.ts";
import { gaussianSplatReference, peaksReference } from "../../src/ops/gaussian_splat/reference.ts";
import {
  assertClose,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";
import { hasAdapter } from "../support/gpu.ts";

const rule = { neighbours: 2, prominence: 0.2 };
const sigmaFloor = 1e-3;

/**
 * Curves in [0, 1] with long slopes and plateaus: a walk whose steps are sixteenths, so that
 * float32 is exact.
 */
function curves([M, T]: [number, number], seed: number): tf.Tensor {
  const steps = tf.mul(tf.round(tf.mul(randomTensor([M, T], seed), 8)), 1 / 16);
  const walk = tf.cumsum(steps, 1);
  return tf.sub(walk, tf.floor(walk));
}

function splatsAsReference(): void {
  for (const shape of [[1, 1], [3, 2], [2, 3], [5, 7], [4, 33], [2, 64]] as [number, number][]) {
    for (const scores of [curves(shape, 1), tf.add(randomTensor(shape, 2), 0.5)]) {
      const values = scores.dataSync();
      const expected = peaksReference(values, shape, rule);
      const peaks = peaksOf(scores, rule);
      assertClose(peaks, expected, 0);
      for (const mode of sigmaModes) {
        const target = gaussianSplat(scores, peaks, { mode, sigmaFloor });
        const wanted = gaussianSplatReference(values, expected, shape, { mode, sigmaFloor });
        assertClose(target, wanted, 1e-5); // a deviation of 1e-3 magnifies float32's rounding
      }
    }
  }
}

onEitherEngine("gaussianSplat() is as peak by peak in double precision", splatsAsReference);

Deno.test({
  name: "gaussianSplat() on webgpu is as peak by peak in double precision",
  ignore: !hasAdapter,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      const shape: [number, number] = [4, 33];
      const random = tf.add(randomTensor(shape, 2), 0.5);
      const values = await random.data();
      const peaks = peaksOf(random, rule);
      const expected = peaksReference(values, shape, rule);
      assertEquals([...await peaks.data()], [...expected]);
      for (const mode of sigmaModes) {
        const found = await gaussianSplat(random, peaks, { mode, sigmaFloor }).data();
        gaussianSplatReference(values, expected, shape, { mode, sigmaFloor })
          .forEach((value, i) => assertAlmostEquals(found[i], value, 1e-5)); // as on the cpu
      }
    } finally {
      await device.close();
    }
  },
});

onCpu("peaksOf() takes all of a plateau and no rise of just the prominence", () => {
  const scores = tf.tensor2d([[0, 0.9, 0.9, 0, 0.125, 0], [0.5, 0.25, 0.25, 0.25, 0.25, 0.5]]);
  assertEquals(peaksOf(scores, { neighbours: 2, prominence: 0.25 }).arraySync(), [
    [0, 1, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ]);
});

onCpu("gaussianSplat() reaches as far as the shorter slope, and not where scores are low", () => {
  // The peak at 3 falls for 2 snippets to the left and 3 to the right: w = 2, window 1..5.
  const scores = tf.tensor2d([[0.375, 0.25, 0.5, 1, 0.75, 0.5, 0.25]]);
  const peaks = peaksOf(scores, rule);
  assertEquals([...peaks.dataSync()], [0, 0, 0, 1, 0, 0, 0]);
  // Window 0.25 0.5 1 0.75 0.5: mean 0.6, deviation sqrt(0.325 / 4) = 0.2850;
  // only 0.75 is within it of the peak.
  const at4 = (mode: typeof sigmaModes[number]) => {
    const target = gaussianSplat(scores, peaks, { mode, sigmaFloor }).dataSync();
    assertEquals([...target].map((value) => value > 0), [0, 0, 0, 1, 1, 0, 0].map(Boolean));
    assertEquals(target[3], 1);
    return target[4];
  };
  const variance = 0.325 / 4;
  assertAlmostEquals(at4("index_std"), Math.exp(-1 / (2 * variance)), 1e-6);
  assertAlmostEquals(at4("score_std"), Math.exp(-(0.25 ** 2) / (2 * variance)), 1e-6);
  assertAlmostEquals(at4("index_width"), Math.exp(-1 / 8), 1e-6);
});

onCpu("gaussianSplat() carries no gradient and gives the same bits again", () => {
  const scores = curves([3, 17], 5);
  const target = (x: tf.Tensor) =>
    gaussianSplat(x, peaksOf(x, rule), { mode: "index_std", sigmaFloor });
  assertSameBits(() => target(scores));
  const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(x, target(x))))(scores);
  assertEquals([...slope.dataSync()], [...target(scores).dataSync()]);
  assert(tf.sum(target(scores)).dataSync()[0] > 0);
});
