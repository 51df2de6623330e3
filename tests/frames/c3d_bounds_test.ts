import { assertEquals, assertThrows } from "@std/assert";
import { c3dBounds } from "../../src/frames/c3d_bounds.ts";

Deno.test("c3dBounds() are the official bounds less 1, halves rounded up", () => {
  // n = 33: one clip a segment, the last clip in none
  assertEquals([...c3dBounds(33 * 16)], Array.from({ length: 33 }, (_, i) => i));
  // n = 5, round(1 + i * 4 / 4) for four segments
  assertEquals([...c3dBounds(5 * 16 + 15, 4)], [0, 1, 2, 3, 4]);
  // n = 3, round(1 + i / 2) = 1 2 2 3 3: i / 2 hits the halves
  assertEquals([...c3dBounds(3 * 16, 4)], [0, 1, 1, 2, 2]);
});

Deno.test("c3dBounds() refuses a video without a whole clip", () => {
  assertThrows(() => c3dBounds(15), RangeError, "whole clips of 16 frames");
});
