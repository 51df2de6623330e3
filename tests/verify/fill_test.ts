import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fill, fillInput } from "../../src/verify/fill.ts";

Deno.test("fill() gives the values that the golden cases' page states", () => {
  const values = fill({ name: "a", shape: [4], lo: -1, hi: 1 }, "s");
  const expected = [-0.9641244, 0.8783318, 0.55404997, 0.5203245];
  expected.forEach((value, i) => assertAlmostEquals(values[i], value, 1e-7));
});

Deno.test("fillInput() multiplies by a gain spread over the axes where it has size 1", () => {
  const input = { name: "x", shape: [2, 3, 2], lo: 0, hi: 1 };
  const gain = { name: "g", shape: [2, 1, 2], lo: 0, hi: 1 };
  const values = fillInput({ ...input, gain }, "s");
  const plain = fill(input, "s"), factors = fill(gain, "s");
  for (let b = 0; b < 2; b++) {
    for (let n = 0; n < 3; n++) {
      for (let t = 0; t < 2; t++) {
        const i = (b * 3 + n) * 2 + t;
        assertEquals(values[i], Math.fround(plain[i] * factors[b * 2 + t]));
      }
    }
  }
});
