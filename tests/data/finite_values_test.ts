import { assertEquals } from "@std/assert";
import { areFinite } from "../../src/data/finite_values.ts";

Deno.test("areFinite() finds what is not finite wherever it stands, and nothing else", () => {
  const largest = 3.4028234663852886e38;
  for (let length = 0; length < 6; length++) {
    const values = new Float32Array(length).fill(largest);
    assertEquals(areFinite(values), true, `${length}`);
    for (let at = 0; at < length; at++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        assertEquals(areFinite(values.with(at, bad)), false, `${bad} at ${at} of ${length}`);
      }
    }
  }
  assertEquals(areFinite(Float32Array.of(Infinity, -Infinity, Infinity)), false);
});
