import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  dot,
  encodeWithPenalty,
  learnDictionary,
  matchingPursuit,
} from "../../src/dictionary/learn_dictionary.ts";
import { leadingDirections } from "../../src/dictionary/leading_directions.ts";
import { Random } from "../../src/random.ts";

function normalRows(count: number, width: number, seed: number): Float64Array[] {
  const random = new Random(seed, "tests");
  return Array.from(
    { length: count },
    () => Float64Array.from({ length: width }, () => random.normal()),
  );
}

/** Rows made of two of the atoms each. */
function mixtures(atoms: Float64Array[], count: number): Float64Array[] {
  const random = new Random(5, "mixtures");
  return Array.from({ length: count }, () => {
    const a = random.integer(atoms.length);
    const b = (a + 1 + random.integer(atoms.length - 1)) % atoms.length;
    const [x, y] = [3 + random.uniform(), 5 + random.uniform()];
    return atoms[a].map((value, i) => x * value + y * atoms[b][i]);
  });
}

function unitRows(rows: Float64Array[]): Float64Array[] {
  return rows.map((row) => row.map((value) => value / Math.sqrt(dot(row, row))));
}

Deno.test("leadingDirections() finds the axes of a stretched cloud, times its singular values", () => {
  const samples = [[3, 0, 0], [-3, 0, 0], [0, 0, 2], [0, 0, -2], [0, 1, 0]].map((row) =>
    Float64Array.from(row)
  );
  const [first, second] = leadingDirections(samples, 2);
  [Math.sqrt(18), 0, 0].forEach((value, i) => assertAlmostEquals(first[i], value, 1e-9));
  [0, 0, Math.sqrt(8)].forEach((value, i) => assertAlmostEquals(second[i], value, 1e-9));
});

Deno.test("leadingDirections() are orthogonal, and their squares sum up to those of the samples", () => {
  const samples = normalRows(20, 7, 1);
  const directions = leadingDirections(samples, 7);
  for (let i = 0; i < 7; i++) {
    for (let j = 0; j < i; j++) assertAlmostEquals(dot(directions[i], directions[j]), 0, 1e-8);
  }
  const squares = (rows: Float64Array[]) => rows.reduce((sum, row) => sum + dot(row, row), 0);
  assertAlmostEquals(squares(directions), squares(samples), 1e-8);
});

Deno.test("encodeWithPenalty() meets the conditions of the minimum", () => {
  const atoms = unitRows(normalRows(9, 6, 2)), samples = normalRows(4, 6, 3), alpha = 0.3;
  encodeWithPenalty(samples, atoms, alpha).forEach((code, m) => {
    const left = samples[m].slice();
    atoms.forEach((atom, k) => atom.forEach((value, i) => left[i] -= code[k] * value));
    atoms.forEach((atom, k) => {
      const slope = dot(atom, left);
      if (code[k] === 0) assert(Math.abs(slope) <= alpha + 1e-5);
      else assertAlmostEquals(slope, alpha * Math.sign(code[k]), 1e-5);
    });
    assert(code.some((value) => value !== 0));
  });
});

Deno.test("matchingPursuit() recovers mixtures of two orthogonal atoms, with two entries each", () => {
  const atoms = unitRows(leadingDirections(normalRows(30, 8, 4), 8));
  const samples = mixtures(atoms, 10);
  matchingPursuit(samples, atoms, 2).forEach((code, m) => {
    assertEquals(code.filter((value) => value !== 0).length, 2);
    const again = new Float64Array(8);
    atoms.forEach((atom, k) => atom.forEach((value, i) => again[i] += code[k] * value));
    again.forEach((value, i) => assertAlmostEquals(value, samples[m][i], 1e-9));
  });
});

Deno.test("learnDictionary() explains mixtures better than where it starts, the same for the same seed", () => {
  const samples = mixtures(unitRows(normalRows(6, 12, 6)), 200);
  const options = { atoms: 6, batchSize: 32, alpha: 1, seed: 42 };
  const error = (atoms: Float64Array[]) =>
    matchingPursuit(samples, atoms, 2).reduce((sum, code, m) => {
      const left = samples[m].slice();
      atoms.forEach((atom, k) => atom.forEach((value, i) => left[i] -= code[k] * value));
      return sum + dot(left, left);
    }, 0);
  const learned = learnDictionary(samples, { ...options, iterations: 100 });
  for (const atom of learned) assertAlmostEquals(dot(atom, atom), 1, 1e-9);
  assert(error(learned) < 0.5 * error(unitRows(leadingDirections(samples, 6))));
  assertEquals(learnDictionary(samples, { ...options, iterations: 100 }), learned);
});
