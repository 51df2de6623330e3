import { assert, assertEquals, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { segmentBounds } from "../../src/frames/frame_bounds.ts";
import { relativeThreshold, topSegments } from "../../src/report/top_segments.ts";

const OPTIONS = { count: 5, fps: 30, framesPerSnippet: 16 };

Deno.test("topSegments() finds runs above the middle of the range, the highest first", () => {
  const scores = [0, 0.6, 0.8, 0.7, 0.1, 0.2, 1, 0.4];
  const segments = topSegments(scores, OPTIONS);
  assertEquals(segments.map((s) => [s.firstSnippet, s.lastSnippet, s.peakScore]), [
    [6, 6, 1],
    [1, 3, 0.8],
  ]);
  assertEquals(segments[1], {
    firstSnippet: 1,
    lastSnippet: 3,
    startFrame: 16,
    endFrame: 64,
    startTime: "0:00:00.533",
    endTime: "0:00:02.133",
    peakScore: 0.8,
    peakFrame: 32,
    peakTime: "0:00:01.067",
    meanScore: (0.6 + 0.8 + 0.7) / 3,
  });
});

Deno.test("topSegments() keeps the first of equal peaks first, and no more than asked for", () => {
  const scores = [1, 0, 1, 0, 1];
  assertEquals(topSegments(scores, { ...OPTIONS, count: 2 }).map((s) => s.firstSnippet), [0, 2]);
});

Deno.test("topSegments() of one snippet and of constant scores is all of the video", () => {
  for (const scores of [[0.02], [0.3, 0.3, 0.3]]) {
    const segments = topSegments(scores, OPTIONS);
    assertEquals(segments.length, 1);
    assertEquals([segments[0].startFrame, segments[0].endFrame], [0, 16 * scores.length]);
    assertEquals(segments[0].peakFrame, 0);
  }
});

Deno.test("topSegments() with a threshold above every score are none", () => {
  assertEquals(topSegments([0.1, 0.4], { ...OPTIONS, threshold: 0.5 }), []);
});

Deno.test("topSegments() reach the threshold itself", () => {
  assertEquals(topSegments([0.5, 0.4], { ...OPTIONS, threshold: 0.5 })[0].lastSnippet, 0);
});

Deno.test("topSegments() take time codes from the frames per second", () => {
  const scores = new Float32Array(6750);
  scores[6749] = 1;
  const [segment] = topSegments(scores, { ...OPTIONS, fps: 25 });
  assertEquals(segment.startTime, "1:11:59.360"); // 6749 x 16 / 25 s
  assertEquals(segment.endTime, "1:12:00.000");
});

Deno.test("topSegments() of 32 segments lie at their official frames", () => {
  const scores = new Float32Array(32);
  scores[10] = scores[11] = 0.9;
  const [segment] = topSegments(scores, { ...OPTIONS, bounds: segmentBounds(65 * 16, 32) });
  assertEquals([segment.startFrame, segment.endFrame], [320, 384]);
});

Deno.test("topSegments() accept scores outside [0, 1]", () => {
  assertEquals(relativeThreshold([-4, 2]), -1);
  assertEquals(topSegments([-4, 2, -0.5], OPTIONS).map((s) => s.lastSnippet), [2]);
});

Deno.test("topSegments() throw faults for what cannot be", () => {
  const cases: [number[], Partial<typeof OPTIONS & { threshold: number }>, string][] = [
    [[], {}, "found none"],
    [[0, NaN], {}, "score 1 of 2 is NaN"],
    [[0, -Infinity], {}, "score 1 of 2 is -Infinity"],
    [[0], { count: 0 }, "count of 1 or more, found 0"],
    [[0], { fps: 0 }, "found 0"],
    [[0], { threshold: NaN }, "found NaN"],
  ];
  for (const [scores, options, message] of cases) {
    const error = assertThrows(
      () => topSegments(scores, { ...OPTIONS, ...options }),
      RangeError,
      message,
    );
    assert(isFault(error));
  }
});
