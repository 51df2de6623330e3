import * as tf from "@tensorflow/tfjs";
import { ranking } from "../../src/losses/ranking.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

onCpu("ranking compares every abnormal video's best with every normal one's", () => {
  const scores = tf.tensor3d([0.25, 0.5, 0.375, 0.125, 0.75, 0.625, 0.25, 1], [4, 2, 1]);
  // Best: 0.5 and 0.375 of normal videos, 0.75 and 1 of abnormal ones.
  // Hinges 0.75 + 0.5 and 0.625 + 0.375.
  checkTerm(ranking, { scores }, (0.75 + 0.5 + 0.625 + 0.375) / 2, ({ scores: s }) => {
    const best = [0, 2, 4, 6].map((i) => Math.max(s[i], s[i + 1]));
    const hinge = (normal: number, abnormal: number) => Math.max(0, 1 - abnormal + normal);
    return [2, 3].flatMap((j) => [0, 1].map((i) => hinge(best[i], best[j])))
      .reduce((sum, x) => sum + x) / 2;
  });
});

onCpu("ranking costs nothing beyond its margin", () => {
  const scores = tf.tensor3d([0.25, 0.5, 0.875, 0.125], [2, 2, 1]); // 0.375 apart
  checkTerm(ranking, { scores }, 0, () => 0, { settings: { margin: 0.25 } });
  checkTerm(ranking, { scores }, 0.125, ({ scores: s }) => 0.5 - s[2] + s[1], {
    settings: { margin: 0.5 },
  });
});
