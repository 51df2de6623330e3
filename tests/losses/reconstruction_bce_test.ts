import * as tf from "@tensorflow/tfjs";
import { reconstructionBce } from "../../src/losses/reconstruction_bce.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

const scores = () => ({ "reconstruction.scores": tf.tensor2d([0.5, 0.25, 0.75, 0.125], [4, 1]) });

onCpu("reconstructionBce wants 0 of every video, abnormal ones too", () => {
  const hand = (Math.LN2 + Math.log(4 / 3) + Math.log(4) + Math.log(8 / 7)) / 4;
  checkTerm(
    reconstructionBce,
    scores(),
    hand,
    ({ "reconstruction.scores": p }) => -meanOf(Array.from(p, (score) => Math.log(1 - score))),
  );
});

onCpu("reconstructionBce by the labels of videos wants 1 of the abnormal half", () => {
  const hand = (Math.LN2 + Math.log(4 / 3) + Math.log(4 / 3) + Math.log(8)) / 4;
  checkTerm(
    reconstructionBce,
    scores(),
    hand,
    ({ "reconstruction.scores": p }) => -meanOf([1 - p[0], 1 - p[1], p[2], p[3]].map(Math.log)),
    { settings: { labels: "video" } },
  );
});
