import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { abnormalCluster, normalCluster } from "../../src/losses/magnitude_cluster.ts";
import { magnitudeContrast } from "../../src/losses/magnitude_contrast.ts";
import type { LossEntry } from "../../src/model/registry.ts";
import type { Context, LossScope } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { onCpu } from "../support/on_cpu.ts";

const scope: LossScope = { parameters: () => [], guardSqrt: false, stream: () => 0 };

function valueOf(term: LossEntry, features: tf.Tensor, settings = {}): number {
  const random = new RandomStream(0);
  const context: Context = { mode: "train", random, step: 0, epoch: 0 };
  random.dispose();
  const value = term.build(term.config.parse(settings), scope, {});
  return value({ "selected.features": features }, context).dataSync()[0];
}

/** selected.features [B, N, K, 2] whose L1 norms are the given ones. */
function withLengths(lengths: number[][][]): tf.Tensor {
  return tf.tensor4d(
    lengths.map((crops) => crops.map((ks) => ks.map((length) => [-length / 4, 3 * length / 4]))),
  );
}

onCpu("magnitudeContrast squares what pairs lack to the margin, and nothing beyond it", () => {
  const features = withLengths([
    [[1, 2]], // normal
    [[5, 5]],
    [[4, 6]], // abnormal: 3 and 4 away from the first, distance 5
    [[5, 105]], // 100 away from the second
  ]);
  assertAlmostEquals(valueOf(magnitudeContrast, features, { margin: 12 }), (12 - 5) ** 2 / 2, 1e-3);
});

onCpu("normalCluster and abnormalCluster compare the second half of the rows, crop by crop", () => {
  // Rows of one side: crop 0 of both videos, then crop 1 of both.
  const side = (
    first: number,
    second: number,
  ) => [[[first], [first + 3]], [[second], [second + 5]]];
  const features = withLengths([
    ...side(1, 10),
    ...side(2, 30).map((crops) => crops.map(([x]) => [2 * x])),
  ]);
  assertAlmostEquals(valueOf(normalCluster, features), (3 ** 2 + 5 ** 2) / 2, 1e-3);
  assertAlmostEquals(valueOf(abnormalCluster, features), (6 ** 2 + 10 ** 2) / 2, 1e-3);
});

onCpu("normalCluster leaves an odd last row out, and is 0 with a single one", () => {
  const crops = (...lengths: number[]) =>
    withLengths([lengths.map((x) => [x]), lengths.map(() => [0])]);
  assertAlmostEquals(valueOf(normalCluster, crops(1, 4, 100)), 9, 1e-3);
  assertEquals(valueOf(normalCluster, crops(7)), 0);
});
