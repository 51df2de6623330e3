/** Clips for tests, made by ffmpeg; their tests are ignored where it is missing. */

import { join } from "node:path";
import { requiresTool } from "./required_tools.ts";

export const hasFfmpeg: boolean = ["ffmpeg", "ffprobe"].every((tool) => {
  try {
    return new Deno.Command(tool, { args: ["-version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
});

requiresTool("ffmpeg", hasFfmpeg);

/** Runs ffmpeg in a folder; several outputs may be made at once. */
export function ffmpegIn(folder: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command("ffmpeg", {
    args: ["-nostdin", "-v", "error", "-y", ...args],
    cwd: folder,
  }).outputSync();
  if (!success) throw new Error(`ffmpeg ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A moving test picture of so many frames, without loss, in `folder/name`. */
export function testClip(
  folder: string,
  name: string,
  { width = 32, height = 24, frames = 20, fps = "10" } = {},
): string {
  const source = `testsrc=size=${width}x${height}:rate=${fps}`;
  const lossless = ["-pix_fmt", "bgr0", "-c:v", "ffv1"];
  const output = `file:${name}`;
  ffmpegIn(folder, "-f", "lavfi", "-i", source, "-frames:v", String(frames), ...lossless, output);
  return join(folder, name);
}
