import * as tf from "@tensorflow/tfjs";
import { distributionInconsistency } from "../../src/losses/distribution_inconsistency.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

onCpu("distributionInconsistency is the cosine of both curves of an abnormal video", () => {
  const inputs = {
    "similarity.normal": tf.tensor2d([[1, 1], [9, 9], [3, 4], [5, 12]]),
    "similarity.own": tf.tensor2d([[9, 9], [1, 1], [4, 3], [12, 5]]),
  };
  const hand = (24 / 25 + 120 / 169) / 2;
  checkTerm(distributionInconsistency, inputs, hand, (of) => {
    const x = of["similarity.normal"], y = of["similarity.own"];
    const cosine = (i: number) =>
      (x[i] * y[i] + x[i + 1] * y[i + 1]) /
      (Math.hypot(x[i], x[i + 1]) * Math.hypot(y[i], y[i + 1]));
    return (cosine(4) + cosine(6)) / 2;
  });
});

onCpu("distributionInconsistency of stretched curves", () => {
  const inputs = {
    "similarity.normal": tf.tensor2d([[1, 1, 1], [1, 3, 2]]), // stretched: 0, 1, 0.5
    "similarity.own": tf.tensor2d([[1, 1, 1], [4, 5, 8]]), // stretched: 0, 0.25, 1
  };
  const hand = 0.75 / Math.sqrt(1.25) / Math.sqrt(1.0625);
  checkTerm(distributionInconsistency, inputs, hand, (of) => {
    const stretched = (x: ArrayLike<number>) => {
      const curve = Array.from(x).slice(3), least = Math.min(...curve), most = Math.max(...curve);
      return curve.map((value) => (value - least) / (most - least));
    };
    const x = stretched(of["similarity.normal"]), y = stretched(of["similarity.own"]);
    return x.reduce((sum, value, i) => sum + value * y[i], 0) / Math.hypot(...x) / Math.hypot(...y);
  }, { settings: { min_max: true } });
});
