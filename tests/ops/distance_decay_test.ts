import { assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { decayMass, distanceDecay } from "../../src/ops/distance_decay/op.ts";
import { distanceDecayReference } from "../../src/ops/distance_decay/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine("distanceDecay() agrees with plain loops, value and gradient", () => {
  for (const [R, T, C] of [[1, 1, 1], [2, 2, 3], [3, 37, 5]] as [number, number, number][]) {
    const x = randomTensor([R, T, C], 1);
    const reference = (values: ArrayLike<number>) =>
      distanceDecayReference(values, [R, T, C], Math.E);
    const y = distanceDecay(x, Math.E);
    assertClose(y, reference(x.dataSync()), 2e-6); // sums of about 5
    assertGradient((x) => distanceDecay(x, Math.E), [x], reference, 2e-6);
  }
});

// 418 snippets are one product, more come in blocks of 256 that leave out what weighs under 1e-13.
onEitherEngine("distanceDecay() of a long video is the same in blocks", () => {
  for (const T of [418, 419, 600]) {
    const x = randomTensor([2, T, 3], 1);
    const expected = distanceDecayReference(x.dataSync(), [2, T, 3], Math.E);
    assertClose(distanceDecay(x, Math.E), expected, 2e-6);
  }
});

onCpu("distanceDecay() gives the same bits in two runs", () => {
  const x = randomTensor([2, 419, 3], 1);
  assertSameBits(() => distanceDecay(x, Math.E));
});

onCpu("decayMass() is what distanceDecay() makes of ones", () => {
  for (const T of [1, 2, 61]) {
    const sums = distanceDecay(tf.ones([1, T, 1]), Math.E).dataSync();
    decayMass(T, Math.E).forEach((mass, t) => assertAlmostEquals(sums[t], mass, 2e-6));
  }
});
