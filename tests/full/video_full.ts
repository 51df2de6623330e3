/** Videos of real cameras, and pages with a video in a browser. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { decodeFrames } from "../../src/video/decode_frames.ts";
import { openVideo } from "../../src/video/video_source.ts";
import { hasFfmpeg } from "../support/ffmpeg.ts";
import { requiresTool } from "../support/required_tools.ts";

const camera = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const hasCamera = existsSync(camera);

requiresTool("vtest.avi of opencv-doc", hasCamera);

Deno.test({
  name: "a surveillance camera's 795 frames: vtest.avi of Debian's package opencv-doc",
  ignore: !hasFfmpeg || !hasCamera,
  async fn() {
    const source = await openVideo(camera);
    assertEquals([source.fps, source.expectedFrames], [10, 795]);
    let count = 0;
    for await (const { width, height, data } of decodeFrames(source)) {
      assertEquals([width, height, data.length], [768, 576, 768 * 576 * 3]);
      count++;
    }
    assertEquals(count, 795);
  },
});
