/** The section `eval`: from scores of snippets to metrics over frames. */

import { z } from "zod";
import { smoothingRules } from "../../metrics/smooth_scores.ts";

export const evalSchema = z.strictObject({
  align: z.enum(["cut", "extend", "strict"]).default("cut").describe(
    "Where a video's scores and ground truth differ in length: cut both to the shorter, extend the shorter by its last value, or refuse",
  ),
  spread: z.enum(["snippets", "segments"]).default("snippets").describe(
    "snippets: every score stands for frames_per_snippet frames; segments: the scores of a file pooled to a fixed number of segments are spread over all frames of the video by the official bounds",
  ),
  smooth: z.strictObject({
    rule: z.enum(smoothingRules).default("none").describe(
      "What is done to the scores of a test video first: none; slide: the mean of a snippet and those behind it, beyond the end 0; fixed: the mean of its block, the last one filled up with 0. Metrics without it are then named unsmoothed_",
    ),
    width: z.int().min(1).default(7).describe("Snippets that such a mean is taken of"),
  }).prefault({}).describe("Smoothing of scores over time"),
  far_threshold: z.number().default(0.5).describe(
    "Score above which a frame counts as an alarm in far_normal",
  ),
  threshold: z.union([z.number(), z.string()]).default("best_f1").describe(
    "Threshold that result.json and the report choose on the test videos: best_f1 (over frames), fpr=0.01 (share of normal frames above it at most), far=1/h (false alarms an hour of normal video at most), or a number",
  ),
  bootstrap: z.int().min(0).max(1_000_000).default(10_000).describe(
    "How often all test videos are drawn anew, normal and anomalous apart, for the 95 % intervals of the areas; 0: no intervals",
  ),
  frames_per_snippet: z.int().min(1).default(16).describe(
    "Frames of the video behind each snippet of its features: of the scores, the ground truth and the time codes",
  ),
});

export type EvalConfig = z.infer<typeof evalSchema>;
