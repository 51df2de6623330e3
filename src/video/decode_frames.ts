/**
 * Frames of a video as RGB bytes, through a pipe from ffmpeg: one frame is held at a time, and
 * ffmpeg waits when its reader does. Every decoded frame comes once, whatever its time stamp, and
 * turned as the file's rotation says.
 */

import { fault } from "../fault.ts";
import { fileUrl, type RunningTool, startTool, toolVersion } from "./media_tools.ts";
import type { FrameSize } from "./pillow_resize.ts";
import { firstLine, type VideoSource } from "./video_source.ts";

/** One frame: RGB bytes [height, width, 3], which hold until the next one is asked for. */
export interface RgbFrame extends FrameSize {
  data: Uint8Array;
}

export interface DecodeOptions {
  /**
   * Frames go through a JPEG of ffmpeg's default quality first, as gowtham's extractor stores
   * them: part of its published numbers.
   */
  jpeg?: boolean;
  /** Told at the end of a file that is damaged: frames that could be decoded have come. */
  onDamage?: (text: string) => void;
}

/**
 * Every decoded frame once: no frame is doubled or left out for the sake of a steady rate. The
 * option has had this name since 5.1, and builds of no release have it.
 */
export function everyFrame(version: string): string[] {
  const [, major, minor] = /^ffmpeg n?(\d+)\.(\d+)/.exec(version) ?? [];
  const old = major !== undefined && (Number(major) < 5 || (major === "5" && minor === "0"));
  return [old ? "-vsync" : "-fps_mode", "passthrough"];
}

/**
 * Pictures with their size before each: none has to be guessed from rotation, and one that changes
 * is seen, where ffmpeg would scale it.
 */
const AS_PIXELS = [
  "-autoscale",
  "0",
  "-pix_fmt",
  "rgb24",
  "-c:v",
  "ppm",
  "-f",
  "image2pipe",
  "pipe:1",
];
const AS_JPEG = ["-c:v", "mjpeg", "-f", "image2pipe", "pipe:1"];
const QUIET = ["-nostdin", "-v", "error"];

/**
 * The frames of a video, in order.
 *
 * @throws {Error} a fault: ffmpeg is missing, no frame can be decoded
 */
export async function* decodeFrames(
  source: VideoSource,
  { jpeg = false, onDamage }: DecodeOptions = {},
): AsyncGenerator<RgbFrame, void> {
  const attempted = `Cannot decode "${source.name}"`;
  const every = everyFrame(await toolVersion("ffmpeg", attempted));
  const tools = startTools(source, { jpeg, every }, attempted);
  let count = 0;
  try {
    const last = tools.at(-1)!;
    for await (const frame of readPixmaps(last.stdout, attempted)) {
      yield frame;
      count++;
    }
    const ends = await Promise.all(tools.map(({ ended }) => ended));
    const complaints = ends.map((end) => end.complaints).filter((text) => text !== "").join("\n");
    const said = complaints === "" ? "" : `: ${firstLine(complaints, source.path)}`;
    if (count === 0) {
      throw fault(
        Error,
        `${attempted}: ffmpeg found no frame in it${said}; copy it again, or convert it`,
      );
    }
    if (complaints !== "" || ends.some(({ ok }) => !ok)) {
      onDamage?.(`"${source.name}" is damaged, ${count} frames could be decoded${said}`);
    }
  } finally {
    for (const tool of tools) tool.stop();
    await Promise.all(tools.map(({ ended }) => ended));
  }
}

/**
 * Frames of a video, by decoding them all: what a file says of itself may be wrong.
 *
 * @throws {Error} a fault, as {@link decodeFrames}; the signal
 */
export async function countFrames(source: VideoSource, stop?: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of decodeFrames(source)) {
    count++;
    if (stop?.aborted) throw fault(Error, `Stopped while counting the frames of "${source.name}"`);
  }
  return count;
}

/** The chain of programs; the last one prints frames. */
function startTools(
  source: VideoSource,
  { jpeg, every }: { jpeg: boolean; every: string[] },
  attempted: string,
): RunningTool[] {
  const { pictures } = source;
  const ofPictures = (codec: string) => ["-f", "image2pipe", "-c:v", codec, "-i", "pipe:0"];
  const input = pictures
    ? ofPictures(pictures.codec)
    : ["-i", fileUrl(source.path), "-map", `0:${source.stream}`];
  const first = startTool(
    "ffmpeg",
    [...QUIET, ...input, ...every, ...jpeg ? AS_JPEG : AS_PIXELS],
    attempted,
    pictures !== null,
  );
  if (pictures) feed(first, filesOf(pictures.files));
  if (!jpeg) return [first];
  const second = startTool(
    "ffmpeg",
    [...QUIET, ...ofPictures("mjpeg"), ...every, ...AS_PIXELS],
    attempted,
    true,
  );
  feed(second, first.stdout);
  return [first, second];
}

async function* filesOf(paths: string[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const path of paths) yield await Deno.readFile(path);
}

/** Writes bytes into a program until it, or they, end. */
function feed({ stdin, ended }: RunningTool, bytes: AsyncIterable<Uint8Array<ArrayBuffer>>): void {
  const pieces = ReadableStream.from(bytes);
  // A program that ends early closes its input: what it says of it comes with its end.
  pieces.pipeTo(stdin!).catch(() => ended);
}

/** Bytes of a header "P6\n<width> <height>\n255\n", at most. */
const LONGEST_HEADER = 64;

/** Bytes that are read at once. */
const PIECE_BYTES = 1 << 18;

/**
 * The pieces of a stream, each in the memory of the one before: fresh memory for each would make
 * the collector of garbage take most of the time, beside a device whose memory counts as its own.
 */
async function* piecesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  try {
    let buffer = new ArrayBuffer(PIECE_BYTES);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      yield value;
      buffer = value.buffer;
    }
  } finally {
    await reader.cancel();
  }
}

/** Cuts a stream of binary pixmaps into frames; all of them are in one piece of memory. */
async function* readPixmaps(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  attempted: string,
): AsyncGenerator<RgbFrame> {
  const header = new Uint8Array(LONGEST_HEADER);
  let headerBytes = 0;
  let frame: RgbFrame | null = null;
  let data = new Uint8Array(0);
  let filled = 0;
  for await (const bytes of piecesOf(stream)) {
    for (let at = 0; at < bytes.length;) {
      if (frame === null) {
        header[headerBytes++] = bytes[at++];
        const size = headerBytes > 8 && header[headerBytes - 1] === 10
          ? /^P6\s(\d+) (\d+)\s255\n$/.exec(
            new TextDecoder().decode(header.subarray(0, headerBytes)),
          )
          : null;
        if (size !== null) {
          const [width, height] = [Number(size[1]), Number(size[2])];
          if (data.length !== width * height * 3) data = new Uint8Array(width * height * 3);
          frame = { width, height, data };
          filled = headerBytes = 0;
        } else if (headerBytes === LONGEST_HEADER) {
          throw new Error(`${attempted}: ffmpeg's output is not a chain of pixmaps`);
        }
        continue;
      }
      const part = bytes.subarray(at, at + frame.data.length - filled);
      frame.data.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === frame.data.length) {
        yield frame;
        frame = null;
      }
    }
  }
}
