import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  averagePrecision,
  prAuc,
  prCurve,
  rankCurve,
  rocAuc,
  rocCurve,
  type WeightedScores,
} from "../../src/metrics/rank_curve.ts";
import golden from "../golden/metrics/cases.json" with { type: "json" };

/** One frame a score. */
function labelled(labels: number[], scores: number[]): WeightedScores {
  return {
    scores: Float64Array.from(scores),
    positives: labels,
    negatives: labels.map((label) => 1 - label),
  };
}

function assertAllClose(actual: number[], expected: number[] | undefined, note: string): void {
  if (expected === undefined) return;
  assertEquals(actual.length, expected.length, note);
  for (let i = 0; i < expected.length; i++) {
    assertAlmostEquals(actual[i], expected[i], golden.tolerance, `${note} ${i}`);
  }
}

interface Expected {
  // The longer cases give the number of points alone.
  roc_curve_drop_intermediate: { n: number; fpr?: number[]; tpr?: number[] };
  roc_auc_via_curve: number | string;
  precision_recall_curve: { n: number; precision?: number[]; recall?: number[] };
  pr_auc_trapezoid: number;
  average_precision: number;
}

for (const { name, labels, scores, expected } of golden.cases) {
  const numbers = scores.map(Number); // "NaN" and "Infinity" are strings in the file
  if ("error" in expected.roc_curve_drop_intermediate) {
    Deno.test(`rankCurve() refuses golden ${name}`, () => {
      assertThrows(() => rankCurve(labelled(labels, numbers)), RangeError, "finite");
    });
    continue;
  }
  const { roc_curve_drop_intermediate, precision_recall_curve, ...areas } = expected as Expected;
  const positives = labels.filter((label) => label === 1).length;
  Deno.test(`rankCurve() gives scikit-learn's curves and areas of golden ${name}`, () => {
    const curve = rankCurve(labelled(labels, numbers));
    if (positives === 0 || positives === labels.length) {
      assertEquals([rocAuc(curve), rocCurve(curve)], [null, { x: [], y: [] }]);
    } else {
      assertAlmostEquals(rocAuc(curve)!, areas.roc_auc_via_curve as number, golden.tolerance);
      assertEquals(rocCurve(curve).x.length, roc_curve_drop_intermediate.n);
      assertAllClose(rocCurve(curve).x, roc_curve_drop_intermediate.fpr, "fpr");
      assertAllClose(rocCurve(curve).y, roc_curve_drop_intermediate.tpr, "tpr");
    }
    if (positives === 0) {
      assertEquals(
        [prAuc(curve), averagePrecision(curve), prCurve(curve)],
        [null, null, { x: [], y: [] }],
      );
    } else {
      assertAlmostEquals(prAuc(curve)!, areas.pr_auc_trapezoid, golden.tolerance);
      assertAlmostEquals(averagePrecision(curve)!, areas.average_precision, golden.tolerance);
      assertEquals(prCurve(curve).x.length, precision_recall_curve.n);
      assertAllClose(prCurve(curve).x, precision_recall_curve.recall, "recall");
      assertAllClose(prCurve(curve).y, precision_recall_curve.precision, "precision");
    }
  });
}

/** Snippets of a few distinct scores with 16 frames each, both labels present. */
const snippets = fc.array(
  fc.record({ score: fc.integer({ min: -6, max: 6 }), positives: fc.integer({ min: 0, max: 16 }) }),
  { minLength: 1, maxLength: 40 },
).filter((list) =>
  list.some(({ positives }) => positives > 0) && list.some(({ positives }) => positives < 16)
);

function weighted(list: { score: number; positives: number }[]): WeightedScores {
  return {
    scores: Float64Array.from(list, ({ score }) => score),
    positives: list.map(({ positives }) => positives),
    negatives: list.map(({ positives }) => 16 - positives),
  };
}

Deno.test("rankCurve() of weighted snippets is the curve of their single frames", () => {
  fc.assert(fc.property(snippets, (list) => {
    const labels: number[] = [];
    const scores: number[] = [];
    for (const { score, positives } of list) {
      for (let frame = 0; frame < 16; frame++) {
        labels.push(frame < positives ? 1 : 0);
        scores.push(score);
      }
    }
    assertEquals(rankCurve(weighted(list)), rankCurve(labelled(labels, scores)));
  }));
});

Deno.test("rocAuc() is the share of pairs in right order, ties counting half", () => {
  fc.assert(fc.property(snippets, (list) => {
    let pairs = 0;
    let won = 0;
    for (const a of list) {
      for (const b of list) {
        const count = a.positives * (16 - b.positives);
        pairs += count;
        won += count * (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0);
      }
    }
    // Both are one quotient of exact integers.
    assertEquals(rocAuc(rankCurve(weighted(list))), won / pairs);
  }));
});

Deno.test("rankCurve() does not change under an increasing map of the scores", () => {
  fc.assert(fc.property(snippets, (list) => {
    const mapped = list.map((snippet) => ({ ...snippet, score: Math.exp(snippet.score) - 100 }));
    assertEquals(rankCurve(weighted(mapped)), rankCurve(weighted(list)));
  }));
});

Deno.test("rocAuc() of reversed scores is the complement", () => {
  fc.assert(fc.property(snippets, (list) => {
    const reversed = list.map((snippet) => ({ ...snippet, score: -snippet.score }));
    const auc = rocAuc(rankCurve(weighted(list)))!;
    // one rounding of 1 - auc
    assertAlmostEquals(rocAuc(rankCurve(weighted(reversed)))!, 1 - auc, 1e-15);
  }));
});

Deno.test("averagePrecision() of all scores equal is the share of positives, prAuc() is not", () => {
  const curve = rankCurve(labelled([0, 1, 0], [0.3, 0.3, 0.3]));
  assertEquals(averagePrecision(curve), 1 / 3);
  assert(prAuc(curve)! > 0.66);
});
