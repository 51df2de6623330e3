import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { thin } from "../../src/report/thin.ts";

Deno.test("thin() keeps a short curve whole", () => {
  assertEquals(thin([[3, 1, 2]], 10), Int32Array.of(0, 1, 2));
  assertEquals(thin([[]], 10), new Int32Array(0));
});

Deno.test("thin() keeps the ends and the extremes of every series, in order and within the limit", () => {
  const series = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 400 });
  fc.assert(fc.property(series, fc.integer({ min: 1, max: 12 }), (first, buckets) => {
    const second = first.map((value, i) => i % 7 === 3 ? -value : 0);
    const kept = Array.from(thin([first, second], buckets));
    assert(kept.length <= Math.max(6 * buckets, 0));
    assert(kept.every((index, k) => k === 0 || index > kept[k - 1]));
    assertEquals([kept[0], kept.at(-1)], [0, first.length - 1]);
    for (const values of [first, second]) {
      const left = kept.map((index) => values[index]);
      assertEquals(Math.max(...left), Math.max(...values));
      assertEquals(Math.min(...left), Math.min(...values));
    }
  }));
});

Deno.test("thin() finds extremes beside gaps", () => {
  const values = Array.from({ length: 100 }, (_, i) => i % 10 === 0 ? NaN : 0.5);
  values[57] = 9;
  values[58] = -9;
  const kept = Array.from(thin([values], 2));
  assert(kept.includes(57) && kept.includes(58), `kept ${kept}`);
});
