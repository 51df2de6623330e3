import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals } from "@std/assert";
import { pooledRows, promptDistribution } from "../../src/losses/prompt_distribution.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, type Plain, termOf } from "../support/one_term.ts";

const TABLE = [[1, 0, 0.5], [0, 2, 0], [0.5, 0.5, 1]];
const IDS = [0, 2, 1];

/** The paper's term over rows: a normal video's one, an abnormal video's two. T = 2, E = 3. */
function formula({ scores, snippet_embedding: x, logit_scale: scale }: Plain): number {
  const rows: { pooled: number[]; id: number }[] = [];
  IDS.forEach((id, b) => {
    const own = [scores[2 * b], scores[2 * b + 1]];
    const pool = (curve: number[]) => {
      const raised = curve.map((s) => Math.exp(3 * s) - 1);
      const sum = raised.reduce((a, r) => a + r);
      return [0, 1, 2].map((e) =>
        raised.reduce((a, r, t) => a + r / sum * x[(2 * b + t) * 3 + e], 0)
      );
    };
    rows.push({ pooled: pool(own), id });
    if (id > 0) rows.push({ pooled: pool(own.map((s) => 1 - s)), id: 0 });
  });
  const unit = (v: number[]) => v.map((value) => value / Math.hypot(...v));
  const logSoftmax = (v: number[]) => {
    const sum = Math.log(v.reduce((a, value) => a + Math.exp(value), 0));
    return v.map((value) => value - sum);
  };
  let total = 0;
  for (const row of rows) {
    const seen = logSoftmax(rows.map(({ id }) => {
      const cosine = unit(TABLE[id]).reduce((a, p, e) => a + p * unit(row.pooled)[e], 0);
      return Math.exp(scale[0]) * cosine;
    }));
    const target = logSoftmax(rows.map(({ id }) => id === row.id ? 4 : 0));
    total += target.reduce((a, q, j) => a + Math.exp(q) * (q - seen[j]), 0);
  }
  return total / rows.length;
}

onCpu("promptDistribution holds the pooled rows against the prompts of their classes", () => {
  const inputs = {
    scores: tf.tensor3d([0.2, 0.4, 0.9, 0.3, 0.6, 0.5], [3, 2, 1]),
    snippet_embedding: tf.tensor4d(
      [1, 0.2, 0, 0.4, 0.1, 0.3, 0.2, 0.9, 1, 1, 0, 0.1, 0.3, 1, 0.2, 0.8, 0.1, 0.6],
      [3, 1, 2, 3],
    ),
    logit_scale: tf.tensor1d([0.7]),
  };
  checkTerm(promptDistribution, inputs, 0.5549707, formula, {
    settings: { softness: 3, target_scale: 4 },
    constants: {
      prompt_features: tf.tensor2d(TABLE),
      class_ids: tf.tensor1d(IDS, "int32"),
    },
  });
});

onCpu("promptDistribution is 0 where there is one row alone, its own prompt whatever it is", () => {
  const values = {
    scores: tf.tensor3d([0.2, 0.4], [1, 2, 1]),
    snippet_embedding: tf.tensor4d([1, 0, 0, 1, 2, 1], [1, 1, 2, 3]),
    logit_scale: tf.tensor1d([2]),
    prompt_features: tf.tensor2d(TABLE),
    class_ids: tf.tensor1d([0], "int32"),
  };
  assertAlmostEquals(termOf(promptDistribution, {})(values).dataSync()[0], 0, 1e-6);
});

onCpu("pooledRows() weighs snippets by exp(softness s) - 1, and by 1 - s for what is left", () => {
  const rows = pooledRows({
    scores: tf.tensor3d([0, Math.log(3)], [1, 2, 1]),
    snippet_embedding: tf.tensor4d([5, 7], [1, 1, 2, 1]),
  }, 1).dataSync();
  const [a, b] = [Math.E - 1, Math.exp(1 - Math.log(3)) - 1];
  assertAlmostEquals(rows[0], 7, 1e-6); // a score of 0 weighs nothing
  assert(a > 0);
  assertAlmostEquals(rows[1], (5 * a + 7 * b) / (a + b), 1e-4);
});
