/** An hour of video takes the memory of a minute, whatever its features take. */

import { assert } from "@std/assert";
import { extractPeak } from "../../tasks/video_memory.ts";
import { hasFfmpeg } from "../support/ffmpeg.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test({
  name: "features of 184 MB are extracted in 60 MB more than those of 3 MB",
  ignore: !hasFfmpeg || Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const minute = await extractPeak(folder, "wide", 1);
      const hour = await extractPeak(folder, "wide", 60);
      assert(hour - minute < 60e6, `${minute} and ${hour}`);
    }),
});
