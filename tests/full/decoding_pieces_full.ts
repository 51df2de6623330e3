/** Every kind of file that is hard to seek in: several decoders give what one gives. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openSource } from "../../src/extract/extract_video.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { extracted } from "../extract/extracted.ts";
import { frameMeans, type OddClip, oddClip } from "../extract/odd_clips.ts";
import { hasFfmpeg } from "../support/ffmpeg.ts";
import { withDevice } from "../support/with_device.ts";

/** What is said where one decoder does it alone. */
const cases: Record<OddClip, string | null> = {
  "b_frames.mp4": null,
  "late.mkv": null,
  "turned.mp4": null,
  "variable.mkv": null,
  "mjpeg.avi": null,
  "vp9.webm": null,
  "lossless.mkv": null,
  "pictures": null,
  "still.mp4": null,
  "open_gop.mp4": "is decoded anew, by one decoder from its beginning: from frame",
  "refresh.mp4": "is decoded anew, by one decoder from its beginning: from frame",
  "no_index.avi": "is decoded anew, by one decoder from its beginning: from frame",
  "b_frames.avi": "some of its frames have no time",
  "stream.ts": "mpegts has no index of its frames",
  "cut.mkv": "ffprobe says: matroska,webm: File ended prematurely",
};

for (const [name, note] of Object.entries(cases) as [OddClip, string | null][]) {
  Deno.test({
    name: `${name} by one, two and three decoders`,
    ignore: !hasFfmpeg,
    fn: () =>
      withFolder((folder) =>
        withDevice(async () => {
          const extractor = await frameMeans();
          const source = await openSource(oddClip(folder, name), extractor);
          const one = await extracted(source, extractor, { batch: 1 });
          assert(one.frames > 100);
          for (const decoders of [2, 3]) {
            const notes: string[] = [];
            const onNote = (text: string) => notes.push(text);
            const options = { batch: 1, pieceFrames: 32, decoders, onNote };
            assertEquals(await extracted(source, extractor, options), one);
            assertEquals(notes.length, note === null ? 0 : 1, notes.join());
            if (note !== null) assertStringIncludes(notes[0], note);
          }
        })
      ),
  });
}
