import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { thinCurve } from "../../src/metrics/thin_curve.ts";

Deno.test("thinCurve() returns a short curve as it is", () => {
  const curve = { x: [0, 0.5, 1], y: [0, 1, 1] };
  assertEquals(thinCurve(curve, 3), curve);
});

Deno.test("thinCurve() keeps the ends, at most limit points, and every dropped point near a kept one", () => {
  const point = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 9 }));
  fc.assert(fc.property(fc.array(point, { minLength: 12, maxLength: 300 }), (points) => {
    const curve = { x: points.map(([x]) => x), y: points.map(([, y]) => y / 9) };
    const limit = 10;
    const thin = thinCurve(curve, limit);
    assert(thin.x.length <= limit && thin.x.length === thin.y.length);
    assertEquals([thin.x[0], thin.y[0]], [curve.x[0], curve.y[0]]);
    assertEquals([thin.x.at(-1), thin.y.at(-1)], [curve.x.at(-1), curve.y.at(-1)]);
    let length = 0;
    for (let i = 1; i < points.length; i++) {
      length += Math.hypot(curve.x[i] - curve.x[i - 1], curve.y[i] - curve.y[i - 1]);
    }
    const near = length / (limit - 2) + 1e-12; // rounding of the summed length
    for (let i = 0; i < points.length; i++) {
      const distances = thin.x.map((x, k) => Math.hypot(x - curve.x[i], thin.y[k] - curve.y[i]));
      assert(Math.min(...distances) <= near, `point ${i}`);
    }
  }));
});
