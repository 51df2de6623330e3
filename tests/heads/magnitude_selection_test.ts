import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { magnitudeSelection } from "../../src/heads/magnitude_selection.ts";
import { assertClose, onCpu } from "../support/on_cpu.ts";
import { shaped, withPart } from "../support/one_part.ts";

/** f [B = 1, N = 2, T = 3, C = 2] of lengths 5, 13, 1 and 15, 5, 2: on average 10, 9 and 1.5. */
const features = () => tf.tensor([3, 4, 5, 12, 1, 0, 9, 12, 4, 3, 0, 2], [1, 2, 3, 2]);
const cropScores = () => tf.tensor([0.25, 0.5, 0.75, 0.75, 0.5, 0.25], [1, 2, 3, 1]);

onCpu(
  "magnitudeSelection() takes the k longest snippets on average over the crops, for all crops",
  () => {
    withPart(
      (scope) => magnitudeSelection(scope, { k: 2, selection_dropout: 0 }),
      (select, context) => {
        const values = select(features(), cropScores(), context("train"));
        assertClose(values.magnitude, [10, 9, 1.5], 1e-6);
        assertClose(values.scores, [0.5, 0.5, 0.5], 1e-6);
        assertEquals(shaped(values["selected.index"], [1, 2]), [0, 1]);
        assertEquals(shaped(values["selected.features"], [1, 2, 2, 2]), [3, 4, 5, 12, 9, 12, 4, 3]);
        assertEquals(shaped(values["selected.scores"], [1, 1]), [0.5]);
        assertEquals(Object.keys(select(features(), cropScores(), context("eval"))), [
          "scores",
          "magnitude",
        ]);
      },
    );
  },
);

onCpu("magnitudeSelection() leads slopes to the chosen snippets alone", () => {
  withPart(
    (scope) => magnitudeSelection(scope, { k: 2, selection_dropout: 0 }),
    (select, context) => {
      const [ofFeatures, ofScores] = tf.grads((f: tf.Tensor, scores: tf.Tensor) => {
        const values = select(f, scores, context("train"));
        return tf.add(tf.sum(values["selected.features"]), tf.sum(values["selected.scores"]));
      })([features(), cropScores()]);
      assertEquals(shaped(ofFeatures, [1, 2, 3, 2]), [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]);
      // 2 crops, 2 snippets
      assertEquals(shaped(ofScores, [1, 2, 3, 1]), [0.25, 0.25, 0, 0.25, 0.25, 0]);
    },
  );
});
