import * as tf from "@tensorflow/tfjs";
import { causalClassifier } from "../../src/heads/causal_classifier.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import { cropMeanOf, sequencesOf, sigmoid } from "../support/plain_layers.ts";

const [B, N, T, C, KERNEL] = [2, 2, 4, 3, 3];

onCpu(
  "causalClassifier scores a snippet by itself and those before it; crops meet after the sigmoid",
  () => {
    checkSlot(
      causalClassifier,
      { kernel: KERNEL },
      { sizes: { C }, outputs: ["scores", "logit_scale"] },
      { encoded: tf.mul(randomTensor([B, N, T, C], 9), 4) },
      (of) => {
        const weight = of["classifier.weight"]; // [1, C, KERNEL], the oldest snippet first
        const crops = sequencesOf(of.encoded, T, C).flatMap((x) =>
          x.map((_, t) => {
            let logit = of["classifier.bias"][0];
            for (let k = 0; k < KERNEL; k++) {
              x[t - (KERNEL - 1) + k]?.forEach((value, c) =>
                logit += value * weight[c * KERNEL + k]
              );
            }
            return sigmoid(logit);
          })
        );
        return [...cropMeanOf(crops, B, N), of.logit_scale[0]];
      },
    );
  },
);
