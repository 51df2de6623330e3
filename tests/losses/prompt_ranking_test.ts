import * as tf from "@tensorflow/tfjs";
import { abnormalPromptRanking, normalPromptRanking } from "../../src/losses/prompt_ranking.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

/**
 * One normal and one abnormal video of two frames, three classes; the abnormal one is of class 2.
 */
const toText = () => [0.9, 0.1, 0.2, 0.9, 0.6, 0.3, 0.9, 0.2, 0.8, 0.9, 0.3, 0.7];

onCpu(
  "normalPromptRanking: the best frame is nearer to the normal prompt than to an anomaly",
  () => {
    const inputs = {
      "similarity.normal": tf.tensor2d([[0.5, 0.3], [0.1, 0.4]]),
      "similarity.text": tf.tensor3d(toText(), [2, 2, 3]),
    };
    checkTerm(normalPromptRanking, inputs, 1 - 0.5 + 0.6, (of) => {
      const s = of["similarity.normal"], phi = of["similarity.text"];
      return Math.max(0, 1 - Math.max(s[0], s[1]) + Math.max(phi[1], phi[2], phi[4], phi[5]));
    });
  },
);

onCpu("abnormalPromptRanking: the best frames are nearer to their class and to normality", () => {
  const inputs = {
    "similarity.normal": tf.tensor2d([[0.5, 0.3], [0.1, 0.4]]),
    "similarity.text": tf.tensor3d(toText(), [2, 2, 3]),
    "similarity.own": tf.tensor2d([[0.9, 0.9], [0.8, 0.7]]),
  };
  const constants = { own_classes: tf.tensor2d([[1, 0, 0], [0, 0, 1]]) };
  checkTerm(abnormalPromptRanking, inputs, 1 - 0.8 + 0.3 + 1 - 0.4 + 0.3, (of) => {
    const normal = of["similarity.normal"], own = of["similarity.own"];
    const phi = of["similarity.text"], other = Math.max(phi[7], phi[10]);
    return Math.max(0, 1 - Math.max(own[2], own[3]) + other) +
      Math.max(0, 1 - Math.max(normal[2], normal[3]) + other);
  }, { constants });
});
