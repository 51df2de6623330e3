import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { detectionMap, type DetectionVideo } from "../../src/metrics/detection_map.ts";
import golden from "../golden/metrics/map_cases.json" with { type: "json" };

// deno-fmt-ignore
const ucfClasses = [
  "Normal", "Abuse", "Arrest", "Arson", "Assault", "Burglary", "Explosion", "Fighting",
  "RoadAccidents", "Robbery", "Shooting", "Shoplifting", "Stealing", "Vandalism",
];
const xdClasses = ["A", "B1", "B2", "B4", "B5", "B6", "G"];

type Case = typeof golden.cases[number];

function videosOf({ snippet_probs, gt_segments, gt_labels }: Case): DetectionVideo[] {
  return snippet_probs.map((rows, v) => ({
    id: `video ${v}`,
    probabilities: Float64Array.from(rows.flat()),
    segments: gt_segments[v].map(([start, end], i) => ({
      start: Number(start),
      end: Number(end),
      label: gt_labels[v][i],
    })),
  }));
}

for (const testCase of golden.cases) {
  Deno.test(`detectionMap() gives VadCLIP's mAP of golden ${testCase.name}`, () => {
    const classes = testCase.dataset === "ucf" ? ucfClasses : xdClasses;
    const { map_official } = detectionMap(videosOf(testCase), classes);
    testCase.map_percent.forEach((percent, i) =>
      assertAlmostEquals(map_official.percent[i], percent, golden.tolerance)
    );
    assertAlmostEquals(map_official.average, testCase.average, golden.tolerance);
    assertEquals(map_official.iou, testCase.iou);
  });
}

Deno.test("detectionMap() map_fixed counts the anomalous classes that have ground truth", () => {
  const fixed = (name: string) => {
    const testCase = golden.cases.find((other) => other.name === name)!;
    return detectionMap(videosOf(testCase), ucfClasses).map_fixed;
  };
  // One class of 14 has ground truth and is found: 100 / 14 becomes 100.
  assertEquals(fixed("ucf_flat_probs")?.percent, [100, 100, 100, 100, 100]);
  // Abuse, Robbery, Fighting and Vandalism have ground truth.
  const official = golden.cases.find(({ name }) => name === "ucf_five_videos")!.average;
  assertAlmostEquals(fixed("ucf_five_videos")!.average, official * 14 / 4, golden.tolerance);
});

Deno.test("detectionMap() map_fixed counts a class without a run as 0, map_official gives up", () => {
  const videos: DetectionVideo[] = [{
    id: "a",
    probabilities: Float32Array.of(0.1, 0.5, 0.4, 0.8, 0.1, 0.1, 0.8, 0.1, 0.1),
    segments: [{ start: 0, end: 16, label: "B" }, { start: 0, end: 16, label: "C" }],
  }];
  const constant = videos.map((video) => ({
    ...video,
    probabilities: video.probabilities.map((p, i) => i % 3 === 2 ? 0.25 : p),
  }));
  assertEquals(detectionMap(videos, ["N", "B", "C"]).map_fixed?.average, 100);
  const { map_official, map_fixed } = detectionMap(constant, ["N", "B", "C"]);
  assertEquals([map_official.average, map_fixed?.average], [0, 50]);
});

Deno.test("detectionMap() gives a detection the segment that it overlaps most", () => {
  // One long detection over frames 0 to 64, then one of lower score over 80 to 112.
  const b = [0.9, 0.9, 0.9, 0.9, 0, 0.8, 0.8, 0];
  const video: DetectionVideo = {
    id: "v",
    probabilities: Float64Array.from(b.flatMap((p) => [1 - p, p])),
    segments: [{ start: 0, end: 60, label: "B" }, { start: 40, end: 120, label: "B" }],
  };
  // Both segments are found at IoU 0.1 to 0.4 only if the first detection takes the first one.
  assertEquals(detectionMap([video], ["N", "B"]).map_fixed?.percent, [100, 100, 100, 100, 50]);
});

Deno.test("detectionMap() map_fixed is null without an anomalous segment", () => {
  const normal: DetectionVideo = {
    id: "n",
    probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.2),
    segments: [{ start: 0, end: 32, label: "A" }],
  };
  assertEquals(detectionMap([normal], ["Normal", "Abuse"]).map_fixed, null);
});

Deno.test("detectionMap() refuses unknown labels, wrong widths, values that are not finite, no video", () => {
  const video: DetectionVideo = {
    id: "v",
    probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.2),
    segments: [{ start: 0, end: 32, label: "Abuse" }],
  };
  const classes = ["Normal", "Abuse"];
  const refuses = (change: Partial<DetectionVideo>, kind: typeof Error, text: string) =>
    assertThrows(() => detectionMap([{ ...video, ...change }], classes), kind, text);
  refuses({ segments: [{ start: 0, end: 9, label: "abuse" }] }, RangeError, '"abuse" is no class');
  refuses({ probabilities: new Float32Array(3) }, TypeError, '"v": expected rows of 2');
  refuses({ probabilities: Float32Array.of(0, 1, NaN, 1) }, RangeError, "snippet 1 is NaN");
  assertThrows(() => detectionMap([], classes), RangeError, "found none");
});
