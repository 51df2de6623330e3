import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { timeTicks, valueTicks } from "../../src/report/axis_ticks.ts";

Deno.test("timeTicks() takes round times and the digits that tell them apart", () => {
  assertEquals(timeTicks(93, 8), { at: [0, 15, 30, 45, 60, 75, 90], digits: 0 });
  assertEquals(timeTicks(16 / 30, 8), { at: [0, 1, 2, 3, 4, 5].map((n) => n * 0.1), digits: 1 });
  assertEquals(timeTicks(5 * 3600, 8).at.length, 6);
});

Deno.test("timeTicks() gives at most that many intervals inside the video", () => {
  fc.assert(fc.property(fc.double({ min: 0.01, max: 1e7, noNaN: true }), (end) => {
    const { at } = timeTicks(end, 8);
    assert(at.length >= 1 && at.length <= 9 && at[at.length - 1] <= end * (1 + 1e-9));
  }));
});

Deno.test("valueTicks() covers the range, also of a single value", () => {
  assertEquals(valueTicks(0.2, 41.3, 4), [0, 20, 40, 60]);
  assertEquals(valueTicks(-3, 3, 4), [-4, -2, 0, 2, 4]);
  for (const value of [0, 7, -7]) {
    const ticks = valueTicks(value, value, 4);
    assert(ticks.length > 1 && ticks[0] <= value && value <= ticks[ticks.length - 1]);
  }
});
