import { assertEquals } from "@std/assert";
import { videoAuc } from "../../src/metrics/video_auc.ts";

const of = (anomalous: boolean, ...scores: number[]) => ({
  anomalous,
  scores: Float32Array.from(scores),
});

Deno.test("videoAuc() ranks videos by their highest score, ties counting half", () => {
  const videos = [of(true, 0.1, 0.9), of(true, 0.5), of(false, 0.5, 0.2), of(false, 0.3)];
  assertEquals(videoAuc(videos), 3.5 / 4);
  assertEquals(videoAuc(videos.slice(0, 2)), null);
});
