import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fitPlane, planeScore, type ProbeRows } from "../../src/metrics/linear_probe.ts";
import { Random } from "../../src/random.ts";

/** Rows of noise, of which those labelled 1 lie `apart` along the first channel. */
function rowsOf(count: number, dim: number, apart: number): ProbeRows {
  const random = new Random(1, "probe");
  const values = Float32Array.from({ length: count * dim }, () => random.uniform() - 0.5);
  const labels = Uint8Array.from({ length: count }, (_, r) => r % 2);
  for (let r = 1; r < count; r += 2) values[r * dim] += apart;
  return { values, dim, labels, groups: Int32Array.from({ length: count }, (_, r) => r >> 1) };
}

Deno.test("fitPlane() is where the gradient of the penalised loss vanishes", () => {
  const rows = rowsOf(200, 5, 0.4);
  const { weights, bias } = fitPlane(rows, 5, null);
  const { values, dim, labels } = rows;
  const columns = (d: number) => Array.from(labels, (_, r) => values[r * dim + d]);
  let biasGradient = 0;
  const errors = Array.from(labels, (label, r) => {
    const error = 1 / (1 + Math.exp(-planeScore({ weights, bias }, values, r * dim))) - label;
    biasGradient += error;
    return error;
  });
  assertAlmostEquals(biasGradient, 0, 0.1);
  for (let d = 0; d < dim; d++) {
    const column = columns(d);
    const mean = column.reduce((a, b) => a + b) / column.length;
    const deviation = Math.sqrt(column.reduce((s, x) => s + (x - mean) ** 2, 0) / column.length);
    const slope = column.reduce((sum, x, r) => sum + errors[r] * (x - mean) / deviation, 0);
    assertAlmostEquals(slope + weights[d] * deviation, 0, 0.1);
  }
  assert(weights[0] > 1 && weights.slice(1).every((weight) => Math.abs(weight) < 1));
});

Deno.test("fitPlane() leaves a group out, and stands more channels than rows", () => {
  const rows = rowsOf(20, 3, 0.2);
  const without = fitPlane(rows, 5, 2);
  for (let r = 0; r < 20; r++) if (rows.groups[r] % 5 === 2) rows.values[r * 3] = 0.1 * r;
  // Of the rows left out only their part in the scaling is seen.
  const again = fitPlane(rows, 5, 2);
  assertAlmostEquals(again.weights[0], without.weights[0], 0.5 * Math.abs(without.weights[0]));
  const wide = rowsOf(12, 64, 1);
  const plane = fitPlane(wide, 5, null);
  const scores = Array.from({ length: 12 }, (_, r) => planeScore(plane, wide.values, 64 * r));
  assertEquals(scores.map((score) => score > 0 ? 1 : 0), [...wide.labels]);
});
