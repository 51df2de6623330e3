import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  glorotNormal,
  normalWith,
  ones,
  uniformWithin,
  xavierUniform,
  zeros,
} from "../../src/nn/initialisers.ts";
import type { Initialiser } from "../../src/contract/slot.ts";
import { Random } from "../../src/random.ts";

/** A temporal convolution [out, in, kernel]: fan in 40 x 3, fan out 60 x 3. */
const CONV = [60, 40, 3];

function draw(initialiser: Initialiser, shape = CONV): Float32Array {
  return initialiser(shape, new Random(1, "init/fc1.weight"));
}

function statistics(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { mean, deviation: Math.sqrt(squares / values.length), largest };
}

const UNIFORM: [name: string, initialiser: Initialiser, shape: number[], bound: number][] = [
  ["xavierUniform() of a linear layer", xavierUniform, [128, 512], Math.sqrt(6 / (512 + 128))],
  ["xavierUniform() of a convolution", xavierUniform, CONV, Math.sqrt(6 / (120 + 180))],
  ["uniformWithin()", uniformWithin(0.25), CONV, 0.25],
];

for (const [name, initialiser, shape, bound] of UNIFORM) {
  Deno.test(`${name} fills the whole of its bounds evenly`, () => {
    const values = draw(initialiser, shape);
    const { mean, deviation, largest } = statistics(values);
    const n = shape.reduce((product, size) => product * size, 1);
    assertEquals(values.length, n);
    assert(largest <= Math.fround(bound) && largest > 0.99 * bound, `largest ${largest}`);
    // five standard errors
    assertAlmostEquals(mean, 0, 5 * bound / Math.sqrt(3 * n));
    assertAlmostEquals(deviation, bound / Math.sqrt(3), 5 * bound / Math.sqrt(12 * n));
  });
}

const NORMAL: [name: string, initialiser: Initialiser, deviation: number][] = [
  ["glorotNormal()", glorotNormal, Math.sqrt(2 / (120 + 180))],
  ["normalWith()", normalWith(0.02), 0.02],
];

for (const [name, initialiser, expected] of NORMAL) {
  Deno.test(`${name} has its deviation, and is not truncated`, () => {
    const values = draw(initialiser);
    const { mean, deviation, largest } = statistics(values);
    assertAlmostEquals(mean, 0, 5 * expected / Math.sqrt(values.length));
    assertAlmostEquals(deviation, expected, 5 * expected / Math.sqrt(2 * values.length));
    assert(largest > 3 * expected, "of 7200 normal values 19 lie beyond three deviations");
  });
}

Deno.test("zeros() and ones() are what they are called", () => {
  assertEquals(draw(zeros, [2]), Float32Array.of(0, 0));
  assertEquals(draw(ones, [2]), Float32Array.of(1, 1));
});
