/** Clips that are hard to seek in, and an extractor that sees every frame of them. */

import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { type Extractor, planExtractor } from "../../src/extract/extractor.ts";
import { ffmpegIn } from "../support/ffmpeg.ts";

/** Features are the 16 mean values of a snippet's frames: no frame can be another unseen. */
export async function frameMeans(): Promise<Extractor> {
  const plan = await planExtractor({
    ...{ backbone: "motion", settings: {}, weights: null, jpeg: false, segments: null },
    dtype: "float32",
  });
  const facts = { ...plan.facts, dim: 16 }, recipe = { ...plan.recipe, dim: 16 };
  const network = (clips: tf.Tensor) => tf.mean(clips, [2, 3, 4]);
  return { ...plan, facts, recipe, network, dispose() {} };
}

const x264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "24", "-bf", "3"];

/** What is made of the moving picture `input.mkv`, by name. */
const kinds = {
  "b_frames.mp4": [...x264, "-x264-params", "scenecut=0"],
  "open_gop.mp4": [...x264, "-x264-params", "open-gop=1:scenecut=0"],
  "refresh.mp4": [...x264, "-x264-params", "intra-refresh=1"],
  "late.mkv": [...x264, "-output_ts_offset", "7.3"],
  "turned.mp4": [...x264, "-metadata:s:v", "rotate=90"],
  "variable.mkv": [
    ...["-vf", "setpts='(N+floor(N/7)*5+mod(N,3)/5)/10/TB'", "-vsync", "passthrough"],
    ...["-c:v", "mpeg4", "-q:v", "3", "-g", "20"],
  ],
  "b_frames.avi": ["-c:v", "mpeg4", "-q:v", "3", "-g", "20", "-bf", "2"],
  "mjpeg.avi": ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"],
  "stream.ts": x264,
  "vp9.webm": ["-c:v", "libvpx-vp9", "-g", "40", "-b:v", "100k", "-cpu-used", "8"],
  "lossless.mkv": ["-c:v", "ffv1", "-g", "10"],
} as const;

export type OddClip = keyof typeof kinds | "cut.mkv" | "no_index.avi" | "pictures" | "still.mp4";

/** Makes a clip of 200 frames; `cut.mkv` has lost its end. */
export function oddClip(folder: string, name: OddClip, frames = 200): string {
  const input = join(folder, "input.mkv");
  if (!exists(input)) {
    const source = "testsrc2=size=48x36:rate=10,noise=alls=12:allf=t:all_seed=7";
    const lossless = ["-frames:v", String(frames), "-pix_fmt", "yuv420p", "-c:v", "ffv1"];
    ffmpegIn(folder, "-f", "lavfi", "-i", source, ...lossless, "input.mkv");
  }
  const path = join(folder, name);
  if (name === "pictures") {
    Deno.mkdirSync(path);
    ffmpegIn(path, "-i", input, "%d.png");
  } else if (name === "still.mp4") {
    const still = ["-f", "lavfi", "-i", "color=gray:size=48x36:rate=10"];
    ffmpegIn(folder, ...still, "-frames:v", String(frames), ...x264, name);
  } else if (name === "cut.mkv") {
    ffmpegIn(folder, "-i", input, ...x264, "whole.mkv");
    cut(join(folder, "whole.mkv"), path, 0.7);
  } else if (name === "no_index.avi") {
    ffmpegIn(folder, "-i", input, ...kinds["mjpeg.avi"], "whole.avi");
    cut(join(folder, "whole.avi"), path, 0.9); // the index stands at its end
  } else {
    ffmpegIn(folder, "-i", input, ...kinds[name], name);
  }
  return path;
}

function cut(from: string, to: string, share: number): void {
  const bytes = Deno.readFileSync(from);
  Deno.writeFileSync(to, bytes.subarray(0, Math.floor(share * bytes.length)));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
