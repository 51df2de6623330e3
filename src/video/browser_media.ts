/** What a browser can show of a video: the file itself, a copy that it can play, single frames. */

import { renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fault } from "../fault.ts";
import { firstLine } from "./complaints.ts";
import { fileUrl, startTool } from "./media_tools.ts";
import type { VideoSource } from "./video_source.ts";

/** Containers and codecs that all current browsers play. */
const CONTAINERS: Record<string, string> = {
  ".mp4": "video/mp4",
  ".m4v": "video/mp4",
  ".webm": "video/webm",
};
const CODECS = ["h264", "vp8", "vp9", "av1"];

/** Pixels of H.264 that browsers play: of 10 bits, and with full colours, they play none. */
const PIXELS = ["yuv420p", "yuvj420p"];

/** The media type by which a browser plays the file itself; null where it does not. */
export function playedAs({ path, format, pictures, pixels }: VideoSource): string | null {
  if (pictures) return null;
  const type = CONTAINERS[extname(path).toLowerCase()];
  const [codec] = format.split(" ");
  const plays = CODECS.includes(codec) &&
    (codec !== "h264" || pixels === null || PIXELS.includes(pixels));
  return type !== undefined && plays ? type : null;
}

/** Files of sound alone that all current browsers play. */
const SOUNDS: Record<string, string> = {
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".aac": "audio/aac",
  ".flac": "audio/flac",
  ".mp4": "audio/mp4",
  ".webm": "audio/webm",
};

/** The same of a file of sound. */
export function heardAs({ path }: VideoSource): string | null {
  return SOUNDS[extname(path).toLowerCase()] ?? null;
}

/** Ways to write a copy: the first that this ffmpeg has is taken. */
const ENCODERS = [
  {
    ending: ".mp4",
    type: "video/mp4",
    sound: "aac",
    options: [
      ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p"],
      ...["-movflags", "+faststart", "-f", "mp4"],
    ],
  },
  {
    ending: ".webm",
    type: "video/webm",
    sound: "libopus",
    options: ["-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-f", "webm"],
  },
];

/** Rows of a copy, at most. */
const COPY_ROWS = 480;

/** ffmpeg's arguments for the input of a source. */
function inputOf({ path, stream, pictures }: VideoSource, fps: number): string[] {
  return pictures
    ? ["-framerate", String(fps), "-f", "image2pipe", "-c:v", pictures.codec, "-i", "pipe:0"]
    : ["-i", fileUrl(path), "-map", `0:${stream}`];
}

export interface CopyOptions {
  /** Frames per second of pictures. */
  fps: number;
  /** The copy has the sound too. */
  sound?: boolean;
}

/**
 * Writes a copy that browsers play, of at most 480 rows, as `stem` with the ending of its
 * container; one that is there is replaced.
 *
 * @throws {Error} a fault: ffmpeg has no encoder for it, or cannot read the video
 */
export async function writePlayableCopy(
  source: VideoSource,
  stem: string,
  { fps, sound = false }: CopyOptions,
): Promise<{ path: string; type: string }> {
  const attempted = `Cannot make a copy of "${source.path}" that browsers play`;
  let said = "";
  for (const { ending, type, options, sound: codec } of ENCODERS) {
    const heard = sound ? ["-map", "0:a?", "-c:a", codec] : ["-an"];
    const path = stem + ending;
    const partial = join(dirname(path), `.${basename(path)}.${Deno.pid}-0.partial`);
    const tool = startTool(
      "ffmpeg",
      [
        ...["-nostdin", "-v", "error", "-y", ...inputOf(source, fps), ...heard],
        // Codecs want even sizes.
        ...["-vf", `scale=-2:'2*trunc(min(${COPY_ROWS},ih)/2)'`, ...options, fileUrl(partial)],
      ],
      attempted,
      source.pictures !== null,
    );
    if (source.pictures) feedPictures(tool.stdin!, source.pictures.files);
    await tool.stdout.cancel();
    const { ok, complaints } = await tool.ended;
    if (ok && statSync(partial, { throwIfNoEntry: false })) {
      renameSync(partial, path);
      return { path, type };
    }
    rmSync(partial, { force: true });
    said ||= firstLine(complaints, source.path);
  }
  throw fault(Error, `${attempted}: ${said}`);
}

function feedPictures(stdin: WritableStream<Uint8Array<ArrayBuffer>>, files: string[]): void {
  const bytes = async function* () {
    for (const file of files) yield await Deno.readFile(file);
  };
  ReadableStream.from(bytes()).pipeTo(stdin).catch(() => {});
}

/**
 * One frame as a JPEG of 320 columns; null where none can be had there, such as behind a damage.
 *
 * @param frame its number, for pictures
 * @param seconds its time from the first frame, for files
 * @throws {Error} a fault: ffmpeg cannot be run
 */
export async function frameJpeg(
  source: VideoSource,
  frame: number,
  seconds: number,
): Promise<Uint8Array | null> {
  const { path, pictures } = source;
  const place = pictures
    ? ["-i", fileUrl(pictures.files[Math.min(frame, pictures.files.length - 1)])]
    : ["-ss", String(seconds), ...inputOf(source, 1)];
  const still = ["-frames:v", "1", "-vf", "scale=320:-2", "-q:v", "5"];
  const tool = startTool(
    "ffmpeg",
    ["-nostdin", "-v", "error", ...place, ...still, "-c:v", "mjpeg", "-f", "image2pipe", "pipe:1"],
    `Cannot take a frame of "${path}"`,
  );
  const bytes = new Uint8Array(await new Response(tool.stdout).arrayBuffer());
  await tool.ended;
  return bytes.length > 0 ? bytes : null;
}
