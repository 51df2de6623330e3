import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { extremeContrast, extremes } from "../../src/losses/extreme_contrast.ts";
import type { Values } from "../../src/contract/slot.ts";
import { onCpu } from "../support/on_cpu.ts";
import { termOf } from "../support/one_term.ts";

function numberOf(values: Values, settings: Record<string, unknown>): number {
  return termOf(extremeContrast, { settings })(values).dataSync()[0];
}

/**
 * Two snippets at right angles and one between, of a padded video whose padding lies along the
 * first.
 */
const encoded = () => tf.tensor4d([1, 0, 0, 2, 3, 3, 5, 0], [1, 1, 4, 2]);

onCpu(
  "extremeContrast compares the highest and the lowest score with all snippets, padding too",
  () => {
    const scores = tf.tensor3d([0.9, 0.5, 0.1, 0.95], [1, 4, 1]);
    const lengths = tf.tensor1d([3], "int32");
    assertEquals([...extremes(scores, lengths).dataSync()], [0, 2]);
    const r = Math.SQRT1_2, e = (x: number) => Math.exp(x / 0.5);
    const highest = 1 / 0.5 - Math.log(e(1) + e(0) + e(r) + e(1));
    const lowest = 1 / 0.5 - Math.log(e(r) + e(r) + e(1) + e(r));
    const loss = numberOf({ encoded: encoded(), scores, lengths }, {
      temperature: 0.5,
    });
    assertAlmostEquals(loss, -(highest + lowest) / 2, 1e-5);
  },
);

onCpu("extremeContrast counts a snippet that is both once, the first of equal ones", () => {
  const lengths = tf.tensor1d([3], "int32"), scores = tf.fill([1, 4, 1], 0.5);
  assertEquals([...extremes(scores, lengths).dataSync()], [0, 0]);
  const loss = numberOf({ encoded: encoded(), scores, lengths }, {
    temperature: 1,
  });
  const all = Math.E + 1 + Math.exp(Math.SQRT1_2) + Math.E;
  assertAlmostEquals(loss, Math.log(all) - 1, 1e-5);
});

onCpu("extremeContrast reaches every snippet, and no score", () => {
  const scores = tf.tensor3d([0.9, 0.5, 0.1, 0.95], [1, 4, 1]);
  const lengths = tf.tensor1d([3], "int32");
  const [byFeature, byScore] = tf.grads((encoded, scores) =>
    tf.add(
      termOf(extremeContrast)({ encoded, scores, lengths }),
      tf.mul(tf.sum(scores), 0),
    ) as tf.Scalar
  )([encoded(), scores]);
  assert([1, 2, 4].every((i) => byFeature.dataSync()[i] !== 0));
  assertEquals([...byScore.dataSync()], [0, 0, 0, 0]);
});
