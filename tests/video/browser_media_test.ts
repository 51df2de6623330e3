import { assertEquals } from "@std/assert";
import { heardAs, playedAs } from "../../src/video/browser_media.ts";
import type { VideoSource } from "../../src/video/video_source.ts";

const source: VideoSource = {
  ...{ path: "a.mp4", name: "a.mp4", pictures: null, stream: 0, fps: 25, expectedFrames: null },
  ...{ format: "h264 in mov,mp4", pixels: "yuv420p" },
};

Deno.test("playedAs() knows the containers, codecs and pixels that browsers play", () => {
  const of = (more: Partial<VideoSource>) => playedAs({ ...source, ...more });
  assertEquals(of({}), "video/mp4");
  assertEquals(of({ pixels: null }), "video/mp4");
  assertEquals(of({ path: "a.webm", format: "vp9 in webm", pixels: "yuv420p10le" }), "video/webm");
  const none = [
    { path: "a.avi" },
    { format: "hevc in mov" },
    { pixels: "yuv420p10le" },
    { pixels: "yuv444p" },
    { pictures: { files: [], codec: "png" } },
  ];
  for (const more of none) assertEquals(of(more), null, JSON.stringify(more));
});

Deno.test("heardAs() knows the files of sound that browsers play", () => {
  const of = (path: string) => heardAs({ ...source, path, format: "aac in mov", pixels: null });
  assertEquals(["a.WAV", "a.mp4", "a.opus"].map(of), ["audio/wav", "audio/mp4", null]);
});
