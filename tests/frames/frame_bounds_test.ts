import { assertEquals, assertThrows } from "@std/assert";
import { scoreSteps, segmentBounds, snippetBounds } from "../../src/frames/frame_bounds.ts";

Deno.test("snippetBounds() covers the frames of each snippet, the last cut to the video", () => {
  assertEquals(snippetBounds(3, 16, 40), {
    start: Int32Array.of(0, 16, 32),
    end: Int32Array.of(16, 32, 40),
  });
  assertEquals(snippetBounds(1, 16).end, Int32Array.of(16));
});

Deno.test("segmentBounds() are the official bounds in frames", () => {
  // 65 clips: round(linspace(1, 65, 33)) is every second clip, and clip 65 belongs to none.
  const { start, end } = segmentBounds(65 * 16 + 7, 32);
  assertEquals(Array.from(start), Array.from({ length: 32 }, (_, i) => 32 * i));
  assertEquals(end[31], 64 * 16);
});

Deno.test("segmentBounds() of a video of fewer clips give an empty segment its clip", () => {
  const { start, end } = segmentBounds(3 * 16, 8);
  // round(linspace(1, 3, 9)) - 1
  assertEquals(Array.from(start, (frame) => frame / 16), [0, 0, 1, 1, 1, 1, 2, 2]);
  assertEquals(Array.from(end, (frame) => frame / 16), [1, 1, 2, 2, 2, 2, 3, 3]);
});

Deno.test("scoreSteps() lets the later of overlapping scores count", () => {
  const { start, end } = segmentBounds(3 * 16, 8);
  assertEquals(scoreSteps([1, 2, 3, 4, 5, 6, 7, 8], { start, end }), [
    { start: 0, end: 16, score: 2 },
    { start: 16, end: 32, score: 6 },
    { start: 32, end: 48, score: 8 },
  ]);
});

Deno.test("scoreSteps() cuts an earlier score where a later one begins inside it", () => {
  const bounds = { start: Int32Array.of(0, 8), end: Int32Array.of(16, 24) };
  assertEquals(scoreSteps([1, 2], bounds), [
    { start: 0, end: 8, score: 1 },
    { start: 8, end: 24, score: 2 },
  ]);
});

Deno.test("scoreSteps() cuts to the frames and drops scores without any", () => {
  assertEquals(scoreSteps([0.1, 0.2, 0.3], snippetBounds(3, 16), 20), [
    { start: 0, end: 16, score: 0.1 },
    { start: 16, end: 20, score: 0.2 },
  ]);
});

Deno.test("scoreSteps() throws for NaN, unsorted bounds and bounds of another number", () => {
  assertThrows(() => scoreSteps([0, NaN], snippetBounds(2, 16)), RangeError, "Score 1 of 2 is NaN");
  assertThrows(() => scoreSteps([0], snippetBounds(2, 16)), RangeError, "1 scores have 2 starts");
  const bounds = { start: Int32Array.of(16, 0), end: Int32Array.of(32, 16) };
  assertThrows(() => scoreSteps([0, 1], bounds), RangeError, "not sorted");
});
