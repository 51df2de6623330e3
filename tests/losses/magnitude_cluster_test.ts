import * as tf from "@tensorflow/tfjs";
import { abnormalCluster, normalCluster } from "../../src/losses/magnitude_cluster.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

/** L1 norms of the rows of x, C channels each. */
const lengths = (x: ArrayLike<number>, C: number) =>
  Array.from(
    { length: x.length / C },
    (_, i) =>
      Array.from({ length: C }, (_, c) => Math.abs(x[i * C + c])).reduce((sum, a) => sum + a),
  );

// [4, N = 1, K = 2, C = 1]: L1 norms 1, 2 and 4, 6 of the normal videos, 3, 5 and 8,
// 17 of the abnormal ones.
const features = () => tf.tensor([1, -2, -4, 6, 3, 5, -8, 17], [4, 1, 2, 1]);

/** Squared distance of the L1 norms of the two videos whose rows start at `first`. */
const formula = (first: number) => (of: Record<string, ArrayLike<number>>) => {
  const l = lengths(of["selected.features"], 1);
  return [0, 1].reduce((sum, k) => sum + (l[first + 2 + k] - l[first + k] + 1e-6) ** 2, 0);
};

onCpu("normalCluster is the squared distance of the L1 norms of normal videos", () => {
  const hand = 3 ** 2 + 4 ** 2;
  checkTerm(normalCluster, { "selected.features": features() }, hand, formula(0));
});

onCpu("abnormalCluster is that of abnormal ones", () => {
  const hand = 5 ** 2 + 12 ** 2;
  checkTerm(abnormalCluster, { "selected.features": features() }, hand, formula(4));
});
