import { assertEquals } from "@std/assert";
import { behind, fittingFramesPerSnippet, offGrid } from "../../src/frames/feature_grid.ts";

const lengths = [155, 960, 1024, 1413, 2802, 5555, 107997];

Deno.test("fittingFramesPerSnippet() finds the stride of an extractor that rounds up or down", () => {
  for (const stride of [1, 4, 8, 10, 16, 24, 30, 32, 64]) {
    for (const round of [Math.ceil, Math.floor]) {
      const videos = lengths.map((frames) => ({ frames, snippets: round(frames / stride) }));
      assertEquals(fittingFramesPerSnippet(videos), stride);
    }
  }
});

Deno.test("fittingFramesPerSnippet() bears a few odd files, and finds nothing where lengths do not go together", () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ frames: 320 + 50 * i, snippets: 0 }))
    .map(({ frames }) => ({ frames, snippets: Math.ceil(frames / 32) }));
  many[7].snippets = 3;
  assertEquals(fittingFramesPerSnippet(many), 32);
  assertEquals(fittingFramesPerSnippet(lengths.map((frames) => ({ frames, snippets: 32 }))), null);
  assertEquals(fittingFramesPerSnippet([]), null);
});

Deno.test("fittingFramesPerSnippet() prefers the usual of several that fit", () => {
  // 31 and 33 fit as well.
  assertEquals(fittingFramesPerSnippet([{ frames: 96, snippets: 3 }]), 32);
  // 112 fits as well, a multiple of 16 too.
  const long = [961, 1028, 1095].map((frames) => ({ frames, snippets: Math.ceil(frames / 128) }));
  assertEquals(fittingFramesPerSnippet(long), 128);
});

Deno.test("offGrid() bears the rounding of extractors, and two snippets in single videos", () => {
  assertEquals(offGrid([15, -16, 0], 4000, 16), [false, false, false]);
  assertEquals(offGrid([-32, 0, 0], 10_000, 16), [false, false, false]);
  assertEquals(offGrid([-33, 0, 0], 10_000, 16), [true, false, false]);
  assertEquals(offGrid([-32, -32, 5], 192, 16), [true, true, false]);
});

Deno.test("behind() counts events and single anomalous frames behind a frame, overlaps once", () => {
  const events = [{ start: 90, end: 130 }, { start: 10, end: 20 }, { start: 120, end: 140 }];
  assertEquals(behind(events, 100), { events: 1, frames: 40 });
  assertEquals(behind(events, 140), { events: 0, frames: 0 });
  assertEquals(behind([], 0), { events: 0, frames: 0 });
});
