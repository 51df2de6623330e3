import { assertEquals } from "@std/assert";
import { padSegments } from "../../src/data/segments.ts";
import { windowsOf, windowValues } from "../../src/score/windows.ts";

interface Golden {
  visual_length: number;
  test: { frames: number; windows: number; lengths: number[]; first_last_frame: number[][] }[];
  train: { frames: number; length: number; values: number[] }[];
}

const golden = (): Golden =>
  JSON.parse(Deno.readTextFileSync(new URL("../golden/vadclip/windows.json", import.meta.url)));

/** A video of one crop and one channel whose snippet t holds t. */
function counting(T: number) {
  const values = Float32Array.from({ length: T }, (_, t) => t);
  return { crops: 1, snippets: T, dim: 1, values, length: T };
}

Deno.test("windowsOf() splits test videos as VadCLIP's own code", () => {
  const { visual_length: snippets, test } = golden();
  for (const { frames, windows, lengths, first_last_frame: frame } of test) {
    const found = windowsOf(frames, { snippets, padded: true });
    assertEquals(found.length, windows);
    assertEquals(found.map(({ length }) => length), lengths);
    assertEquals(found.every((window) => window.snippets === snippets), true);
    const ends = found.map(({ start }) =>
      start < frames ? [start, Math.min(frames, start + snippets) - 1] : [-1, -1]
    );
    assertEquals(ends, frame);
    const values = windowValues(counting(frames), found);
    const expected = new Float32Array(windows * snippets);
    for (let t = 0; t < frames; t++) expected[t] = t;
    assertEquals(values, expected);
  }
});

Deno.test("padSegments() makes training samples as VadCLIP's own code", () => {
  const { visual_length: segments, train } = golden();
  for (const { frames, length, values } of train) {
    const padded = padSegments(counting(frames), segments, "mean");
    assertEquals(padded.length, length);
    assertEquals(padded.values, Float32Array.from(values));
  }
});

Deno.test("windowsOf() without padding gives the rest a window of its own length", () => {
  const split = (T: number) =>
    windowsOf(T, { snippets: 4, padded: false }).map(({ start, snippets, length }) => {
      assertEquals(snippets, length);
      return [start, length];
    });
  assertEquals(split(3), [[0, 3]]);
  assertEquals(split(8), [[0, 4], [4, 4]]);
  assertEquals(split(9), [[0, 4], [4, 4], [8, 1]]);
});

Deno.test("windowValues() keeps crops together and pads each with zeros", () => {
  const video = {
    crops: 2,
    snippets: 3,
    dim: 2,
    values: Float32Array.from({ length: 12 }, (_, i) => i + 1),
    length: 3,
  };
  const windows = windowsOf(3, { snippets: 2, padded: true });
  assertEquals(
    [...windowValues(video, windows)],
    [1, 2, 3, 4, 7, 8, 9, 10, 5, 6, 0, 0, 11, 12, 0, 0],
  );
});
