import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { smoothness } from "../../src/losses/smoothness.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, termOf } from "../support/one_term.ts";

const scores = () => tf.tensor3d([0.5, 0.25, 0.75, 0.25, 0, 0.5, 0.25, 1], [4, 2, 1]);

/** Squared steps between the places named by their first ones. */
const steps = (s: ArrayLike<number>, starts: number[]) =>
  starts.reduce((sum, i) => sum + (s[i + 1] - s[i]) ** 2, 0);

onCpu("smoothness adds the squared steps of the abnormal videos, none between videos", () => {
  checkTerm(
    smoothness,
    { scores: scores() },
    0.5 ** 2 + 0.75 ** 2,
    ({ scores: s }) => steps(s, [4, 6]),
  );
});

onCpu("smoothness over abnormal_flat counts the step from video to video too", () => {
  const hand = 0.5 ** 2 + 0.25 ** 2 + 0.75 ** 2;
  checkTerm(smoothness, { scores: scores() }, hand, ({ scores: s }) => steps(s, [4, 5, 6]), {
    settings: { over: "abnormal_flat" },
  });
});

onCpu("smoothness over all counts the normal videos too", () => {
  const hand = 0.25 ** 2 + 0.5 ** 2 + 0.5 ** 2 + 0.75 ** 2;
  checkTerm(smoothness, { scores: scores() }, hand, ({ scores: s }) => steps(s, [0, 2, 4, 6]), {
    settings: { over: "all" },
  });
});

onCpu("smoothness of single snippets is 0", () => {
  assertEquals(termOf(smoothness)({ scores: tf.ones([2, 1, 1]) }).dataSync()[0], 0);
});
