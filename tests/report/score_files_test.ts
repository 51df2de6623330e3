import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { segmentBounds } from "../../src/frames/frame_bounds.ts";
import { float32Text, scoresCsv, scoresJson } from "../../src/report/score_files.ts";
import { relativeThreshold } from "../../src/report/top_segments.ts";
import { scored } from "./sample_scores.ts";

Deno.test("float32Text() reads back as the same float32 and is short", () => {
  assertEquals(float32Text(Math.fround(0.1)), "0.1");
  assertEquals(float32Text(0), "0");
  const any = fc.float({ noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(any, (value) => {
    assertEquals(Math.fround(Number(float32Text(value))) + 0, value + 0); // zero without its sign
  }));
  fc.assert(fc.property(fc.float({ min: Math.fround(0.1), max: 1, noNaN: true }), (value) => {
    assert(float32Text(value).length <= "0.123456789".length, float32Text(value));
  }));
});

Deno.test("scoresCsv() has one row a score with its frames and times", () => {
  assertEquals(
    scoresCsv(scored(Float32Array.of(0.25, 0.1, 1), { frames: 40 })),
    [
      "snippet,start_frame,end_frame,start_time,end_time,score",
      "0,0,16,0:00:00.000,0:00:00.533,0.25",
      "1,16,32,0:00:00.533,0:00:01.067,0.1",
      "2,32,40,0:00:01.067,0:00:01.333,1",
      "",
    ].join("\n"),
  );
});

Deno.test("scoresCsv() of one snippet has one row", () => {
  assertEquals(scoresCsv(scored(Float32Array.of(0.5))).split("\n").length, 3);
});

Deno.test("scoresCsv() of 32 segments has their official frames", () => {
  const video = scored(new Float32Array(32));
  const rows = scoresCsv({ ...video, bounds: segmentBounds(65 * 16, 32) }).split("\n");
  assertEquals(rows[32], "31,992,1024,0:00:33.067,0:00:34.133,0");
});

Deno.test("scoresJson() holds scores, frames, segments and provenance", () => {
  const content = JSON.parse(scoresJson(scored(Float32Array.of(0.25, 0.1, 1), { frames: 40 })));
  assertEquals(content, {
    id: "Arson011_x264",
    provenance: { runner: "mil", checkpoint: "best.safetensors" },
    fps: 30,
    frames: 40,
    threshold: relativeThreshold(Float32Array.of(0.25, 0.1, 1)),
    segments: [{
      first_snippet: 2,
      last_snippet: 2,
      start_frame: 32,
      end_frame: 40,
      start_time: "0:00:01.067",
      end_time: "0:00:01.333",
      peak_score: 1,
      peak_frame: 32,
      peak_time: "0:00:01.067",
      mean_score: 1,
    }],
    start_frame: [0, 16, 32],
    end_frame: [16, 32, 40],
    scores: [0.25, 0.1, 1],
  });
});

Deno.test("scoresJson() holds the ground truth where there is one, and no segment where none is", () => {
  const video = { ...scored(Float32Array.of(0.5)), segments: [] };
  const content = JSON.parse(scoresJson({ ...video, groundTruth: [{ start: 3, end: 9 }] }));
  assertEquals(content.ground_truth, [[3, 9]]);
  assertEquals(content.segments, []);
  assertEquals("ground_truth" in JSON.parse(scoresJson(video)), false);
});
