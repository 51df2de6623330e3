import * as tf from "@tensorflow/tfjs";
import { latentKl } from "../../src/losses/latent_kl.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

onCpu("latentKl sums over time and takes the mean over videos, crops and channels", () => {
  // [P = 1, N = 2, T = 2, C = 1]: mu^2 + e^lv - 1 - lv is 4, 1 and e - 2, 0.25 + 2 - 1 - ln 2
  const inputs = {
    "latent.mean": tf.tensor4d([2, -1, 0, 0.5], [1, 2, 2, 1]),
    "latent.log_variance": tf.tensor4d([0, 0, 1, Math.LN2], [1, 2, 2, 1]),
  };
  const hand = (4 + 1 + Math.E - 2 + 1.25 - Math.LN2) / 2 / 2; // half of it, over the two crops
  checkTerm(latentKl, inputs, hand, (of) => {
    const mean = of["latent.mean"], logVariance = Array.from(of["latent.log_variance"]);
    return -0.5 * logVariance.reduce((sum, lv, i) =>
      sum + 1 + lv - mean[i] ** 2 - Math.exp(lv), 0) /
      2;
  });
});
