/** Ways from a file to features other than a grid of snippets of plain frames. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openSource } from "../../src/extract/extract_video.ts";
import {
  type Extractor,
  type ExtractorRequest,
  planExtractor,
} from "../../src/extract/extractor.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { logMelExamples } from "../../src/video/log_mel.ts";
import { decodeSound } from "../../src/video/decode_sound.ts";
import { openSound } from "../../src/video/video_source.ts";
import { ffmpegIn, hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { extracted } from "./extracted.ts";
import { withDevice } from "../support/with_device.ts";
import { withFolder } from "../support/temporary_folder.ts";

const request: ExtractorRequest = {
  ...{ backbone: "c3d", settings: {}, weights: null, jpeg: false, segments: null },
  dtype: "float32",
};

/** An extractor whose features are the numbers of its clips that `see` takes. */
async function seeing(
  asked: Partial<ExtractorRequest>,
  dim: number,
  see: (clips: tf.Tensor) => tf.Tensor,
): Promise<Extractor> {
  const plan = await planExtractor({ ...request, ...asked });
  return { ...plan, facts: { ...plan.facts, dim }, network: see, dispose() {} };
}

Deno.test({
  name: "C3D on Caffe sees blue first, less the mean volume of its place and frame",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const plain = "nullsrc=size=342x256:rate=10,format=gbrp,geq=r=16:g=32:b=48";
      const lossless = ["-frames:v", "20", "-pix_fmt", "bgr0", "-c:v", "ffv1", "plain.mkv"];
      ffmpegIn(folder, "-f", "lavfi", "-i", plain, ...lossless);
      const mean = join(folder, "mean.npy"), shape = [3, 16, 128, 171];
      const size = shape.reduce((a, b) => a * b);
      // Colour x 1000 + frame.
      const values = Float32Array.from({ length: size }, (_, i) => {
        const frame = Math.floor(i / (128 * 171));
        return 1000 * Math.floor(frame / 16) + frame % 16;
      });
      await Deno.writeFile(mean, encodeNpy(shape, values));
      await withDevice(async () => {
        const settings = { lineage: "caffe" };
        // The first pixel of frames 0 and 15.
        const extractor = await seeing({ settings, mean }, 6, (clips) =>
          tf.reshape(
            tf.concat([0, 15].map((t) => tf.slice(clips, [0, t, 0, 0, 0], [-1, 1, 1, 1, 3])), 1),
            [-1, 6],
          ));
        const source = await openSource(join(folder, "plain.mkv"), extractor);
        const { shape, values } = await extracted(source, extractor);
        assertEquals(shape, [1, 1, 4096]); // of 20 frames the tail is dropped
        assertEquals([...values], [
          ...[0x30, 0x20 - 1000, 0x10 - 2000],
          ...[0x30 - 15, 0x20 - 1015, 0x10 - 2015],
        ]);
        assertEquals(extractor.recipe.mean_sha256?.length, 64);
        const refused = (asked: Partial<ExtractorRequest>, text: string) =>
          assertRejects(() => planExtractor({ ...request, ...asked }), RangeError, text);
        await refused({ settings }, "which is not given; name the file with --mean");
        await refused({ mean }, "takes no mean volume off");
      });
    }),
});

Deno.test({
  name: "VGGish hears whole examples of 0.96 s as they come, as of the whole sound at once",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const tone = "aevalsrc='0.5*sin(2*PI*t*(300+200*t))|0.25*sin(900*t)':s=22050:d=3.1";
      testClip(folder, "still.mkv");
      ffmpegIn(folder, ...["-f", "lavfi", "-i", tone, "-i", "still.mkv"], ...[
        ...["-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "pcm_s16le", "both.mkv"],
      ]);
      await withDevice(async () => {
        const extractor = await seeing({ backbone: "vggish" }, 96 * 64, (clips) =>
          tf.reshape(clips, [-1, 96 * 64]));
        const path = join(folder, "both.mkv"), source = await openSource(path, extractor);
        const { shape, values, frames, damage } = await extracted(source, extractor, {
          batch: 2,
        });
        const pieces: number[] = [];
        for await (const piece of decodeSound(await openSound(path))) {
          pieces.push(...piece);
        }
        assert(Math.abs(pieces.length - 3.1 * 16000) < 20, String(pieces.length));
        assert(pieces.some((sample) =>
          sample > 4000
        )); // the mean of both channels
        assertEquals([shape[0], frames, damage], [
          3,
          Math.floor((pieces.length - 400) / 160) + 1,
          null,
        ]);
        assertEquals(values, logMelExamples(Int16Array.from(pieces)));

        ffmpegIn(folder, "-i", "both.mkv", "-map", "0:a", "-t", "0.9", "short.wav");
        const short = await openSource(join(folder, "short.wav"), extractor);
        await assertRejects(
          () => extracted(short, extractor),
          RangeError,
          "are less than the 15600",
        );
        const silent = () => openSource(join(folder, "still.mkv"), extractor);
        await assertRejects(silent, Error, "it has no audio stream, only video (ffv1)");
        const crops = () => planExtractor({ ...request, backbone: "vggish", crops: "ten" });
        await assertRejects(crops, RangeError, "--crops: it hears sound");
      });
    }),
});

Deno.test({
  name: "Inception as piergiaj's script has it sees the whole video, enlarged to sides of 226",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const path = testClip(folder, "clip.mkv", { width: 40, height: 30, frames: 17 });
      await withDevice(async () => {
        const sizes: number[][] = [];
        const extractor = await seeing(
          { backbone: "i3d_inception", settings: { lineage: "piergiaj" } },
          1,
          (clips) => {
            sizes.push(clips.shape);
            return tf.reshape(tf.slice(tf.mean(clips, [2, 3, 4]), [0, 0], [1, 2]), [2, 1]);
          },
        );
        const source = await openSource(path, extractor);
        const { shape, frames } = await extracted(source, extractor);
        assertEquals([sizes, shape[0], frames], [[[1, 17, 224, 224, 3]], 2, 17]);
        assertEquals([extractor.step, extractor.recipe.crop_order], [8, [[0, 16, 58]]]);
        const sampled = {
          backbone: "i3d_inception",
          settings: { lineage: "piergiaj" },
          sampleTo: 2,
        };
        await assertRejects(
          () => planExtractor({ ...request, ...sampled }),
          RangeError,
          "no snippet",
        );
      });
    }),
});
