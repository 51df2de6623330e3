import fc from "fast-check";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";
import { type FrameRuns, frameRuns } from "../../src/metrics/frame_scores.ts";
import { isFault } from "../../src/fault.ts";

function video(
  scores: number[],
  frames: number,
  intervals: [number, number][] = [],
  videoFrames?: number,
): ScoredVideo {
  return {
    id: "Abuse028_x264",
    className: "Abuse",
    anomalous: true,
    scores: Float32Array.from(scores),
    frames,
    groundTruth: intervals.map(([start, end]) => ({ start, end })),
    videoFrames,
  };
}

const snippets = { align: "cut", spread: "snippets", framesPerSnippet: 16 } as const;
const segments = { align: "strict", spread: "segments", framesPerSnippet: 16 } as const;

/** Score of every frame. */
function frameScores({ scores, positives, negatives }: FrameRuns): number[] {
  return [...scores].flatMap((score, run) => Array(positives[run] + negatives[run]).fill(score));
}

Deno.test("frameRuns() counts anomalous and normal frames of each snippet", () => {
  const runs = frameRuns(video([1, 2, 3], 48, [[10, 20], [30, 34], [40, 48]]), snippets);
  assertEquals([...runs.positives], [6, 6, 10]);
  assertEquals([...runs.negatives], [10, 10, 6]);
});

Deno.test("frameRuns() counts as single frames do, for any length and alignment", () => {
  const events = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 30 })), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 120 }),
      events,
      fc.constantFrom("cut", "extend"),
      (T, frames, gapsAndLengths, align) => {
        const truth: number[] = Array(frames).fill(0);
        const intervals: [number, number][] = [];
        let at = 0;
        for (const [gap, length] of gapsAndLengths) {
          const start = at + gap + 1;
          const end = Math.min(start + length, frames);
          if (start >= end) break;
          intervals.push([start, end]);
          truth.fill(1, start, end);
          at = end;
        }
        const expected = Array.from({ length: T }, () => [0, 0]);
        const length = align === "cut" ? Math.min(16 * T, frames) : Math.max(16 * T, frames);
        for (let frame = 0; frame < length; frame++) {
          const run = Math.min(Math.floor(frame / 16), T - 1);
          expected[run][1 - truth[Math.min(frame, frames - 1)]]++;
        }
        const scores = Array.from({ length: T }, (_, t) => t);
        const runs = frameRuns(video(scores, frames, intervals), {
          ...snippets,
          align: align as "cut" | "extend",
        });
        assertEquals([...runs.positives], expected.map(([positives]) => positives));
        assertEquals([...runs.negatives], expected.map(([, negatives]) => negatives));
        assertEquals([runs.frames, runs.scoredFrames], [length, 16 * T]);
      },
    ),
  );
});

Deno.test("frameRuns() refuses a difference under strict and names the video", () => {
  const strict = { ...snippets, align: "strict" } as const;
  assertEquals(frameRuns(video([1, 2], 32), strict).frames, 32);
  const error = assertThrows(() => frameRuns(video([1, 2], 33), strict), RangeError);
  assertStringIncludes(error.message, '"Abuse028_x264" strictly: its scores cover 32 frames');
  assertEquals(isFault(error), true);
});

Deno.test("frameRuns() spreads segments by the official bounds, the last clip and the rest score 0", () => {
  // n = floor(85 / 16) = 5 clips, bounds round(1 + i * 4 / 2) = 1 3 5 for two segments
  const runs = frameRuns(video([0.7, 0.9], 85), segments);
  assertEquals(frameScores(runs), [
    ...Array(32).fill(Math.fround(0.7)),
    ...Array(32).fill(Math.fround(0.9)),
    ...Array(21).fill(0),
  ]);
});

Deno.test("frameRuns() spreads 32 segments over a real video as the official script does", () => {
  // RoadAccidents002: 347 frames, 21 clips, so some of the 32 segments share a clip and the later
  // one stays.
  const scores = Array.from({ length: 32 }, (_, i) => i + 1);
  const bounds = Array.from({ length: 33 }, (_, i) => Math.round(1 + i * 20 / 32));
  const expected = Array(21 * 16).fill(0);
  for (let i = 0; i < 32; i++) {
    const [first, last] = [bounds[i], bounds[i + 1] - 1]; // 1-based clips
    if (last < first) expected.fill(scores[i], (first - 1) * 16, first * 16);
    else expected.fill(scores[i], (first - 1) * 16, last * 16);
  }
  while (expected.length < 347) expected.push(expected.at(-1));
  assertEquals(expected.at(-1), 0);
  assertEquals(frameScores(frameRuns(video(scores, 347), segments)), expected);
});

Deno.test("frameRuns() gives the last clip the last score where the last segment is empty", () => {
  // n = 2 clips, bounds round(1 + i / 4) = 1 1 2 2 2: segments 3 and 4 are empty and stand for clip
  // 2,
  // whose value the official script then repeats up to the last frame.
  const runs = frameRuns(video([1, 2, 3, 4], 40), segments);
  assertEquals(frameScores(runs), [...Array(16).fill(2), ...Array(24).fill(4)]);
});

Deno.test("frameRuns() spreads segments over the video's frames, not the ground truth's grid", () => {
  const cut = { ...segments, align: "cut" } as const;
  const runs = frameRuns(video([0.5, 1], 96, [[80, 96]], 85), cut);
  assertEquals([runs.scoredFrames, runs.frames], [85, 85]);
  assertEquals(frameScores(runs).indexOf(0), 64);
  assertEquals([...runs.positives], [0, 0, 0, 0, 5]);
});

Deno.test("frameRuns() refuses segments of a video without a whole clip", () => {
  assertThrows(() => frameRuns(video([1, 2], 15), segments), RangeError, "over its 15 frames");
});

Deno.test("frameRuns() names the video and the snippet of a score that is not finite", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const error = assertThrows(() => frameRuns(video([0, 1, bad], 48), snippets), RangeError);
    assertStringIncludes(error.message, `"Abuse028_x264": the score of snippet 2 is ${bad}`);
    assertEquals(isFault(error), true);
  }
});

Deno.test("frameRuns() refuses a video without scores", () => {
  assertThrows(() => frameRuns(video([], 48), snippets), RangeError, "found none");
});
