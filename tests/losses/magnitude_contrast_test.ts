import * as tf from "@tensorflow/tfjs";
import { magnitudeContrast } from "../../src/losses/magnitude_contrast.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

/** L1 norms of the rows of x, C channels each. */
const lengths = (x: ArrayLike<number>, C: number) =>
  Array.from(
    { length: x.length / C },
    (_, i) =>
      Array.from({ length: C }, (_, c) => Math.abs(x[i * C + c])).reduce((sum, a) => sum + a),
  );

onCpu(
  "magnitudeContrast squares what the L1 norms of a pair lack to the margin, crop by crop",
  () => {
    // [2, N = 2, K = 2, C = 2]: L1 norms 3, 2 and 1, 5 of the normal video, 6, 6 and 9,
    // 20 of the abnormal one
    const features = tf.tensor([1, -2, 2, 0, 1, 0, -2, 3, -2, 4, 3, 3, 4, -5, 12, 8], [2, 2, 2, 2]);
    // Distances 5 and 17: the second pair lies beyond the margin of 12.
    checkTerm(magnitudeContrast, { "selected.features": features }, (12 - 5) ** 2 / 2, (of) => {
      const l = lengths(of["selected.features"], 2);
      const apart = [0, 1].map((n) =>
        Math.hypot(l[4 + 2 * n] - l[2 * n] + 1e-6, l[5 + 2 * n] - l[1 + 2 * n] + 1e-6)
      );
      return meanOf(apart.map((d) => Math.max(0, 12 - d) ** 2));
    }, { settings: { margin: 12 } });
  },
);
