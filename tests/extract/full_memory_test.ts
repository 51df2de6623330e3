/** A memory that is too small for the batches of an extraction. */

import { assertEquals, assertRejects } from "@std/assert";
import { openSource } from "../../src/extract/extract_video.ts";
import { memoryFault } from "../../src/device/memory_fault.ts";
import { isFault } from "../../src/fault.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withDevice } from "../support/with_device.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { extracted } from "./extracted.ts";
import { frameMeans } from "./odd_clips.ts";

Deno.test({
  name: "extractVideo() says of a full memory what makes an extraction smaller",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const network = () => {
          throw memoryFault("Cannot allocate 3 GB on the GPU", "raise --gpu-memory");
        };
        const extractor = { ...await frameMeans(), network };
        const path = testClip(folder, "clip.mkv", { width: 32, height: 24, frames: 20 });
        const source = await openSource(path, extractor);
        const error = await assertRejects(
          () => extracted(source, extractor),
          RangeError,
          `Cannot extract features of "${path}": Cannot allocate 3 GB on the GPU; lower --batch of ` +
            "wsvad extract, or raise --gpu-memory",
        );
        assertEquals([isFault(error), /batch_size/.test(error.message)], [true, false]);
      })
    ),
});
