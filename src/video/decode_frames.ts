/**
 * Frames of a video as RGB bytes, through a pipe from ffmpeg: one frame is held at a time, and
 * ffmpeg waits when its reader does. Every decoded frame comes once, whatever its time stamp, and
 * turned as the file's rotation says.
 */

import { fault } from "../fault.ts";
import { readBytes } from "../io/read_file.ts";
import { firstLine, requireNotKilled } from "./complaints.ts";
import { fileUrl, type RunningTool, startTool, type ToolEnd, toolVersion } from "./media_tools.ts";
import type { FrameSize } from "./pillow_resize.ts";
import type { VideoSource } from "./video_source.ts";

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
  /** These frames alone; absent: all. */
  stretch?: Stretch;
}

/** Frames of a video that are decoded without those before them. */
export interface Stretch {
  first: number;
  /** Frames of it; null: all that follow. */
  frames: number | null;
  /** Of a file: the second from which on they are shown; null: from its beginning. */
  from: number | null;
}

/**
 * A stretch of a video that did not give what its packets tell, or not without a complaint: only
 * decoding from the beginning tells what its frames are.
 */
export class StretchDiffers extends Error {}

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
 * Pictures with their size before each: none has to be guessed from rotation. Frames of another
 * size than the first are scaled to it: without that ffmpeg's encoder reads them as if they had it.
 */
const AS_PIXELS = ["-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"];
const AS_JPEG = ["-c:v", "mjpeg", "-f", "image2pipe", "pipe:1"];
const QUIET = ["-nostdin", "-v", "error"];

/**
 * The frames of a video, or of a stretch of it, in order.
 *
 * @throws {Error} a fault: ffmpeg is missing or was killed, a picture cannot be read, no frame can
 *     be decoded
 * @throws {StretchDiffers} of a stretch: a complaint, or fewer frames than it has
 */
export async function* decodeFrames(
  source: VideoSource,
  { jpeg = false, onDamage, stretch }: DecodeOptions = {},
): AsyncGenerator<RgbFrame, void> {
  const attempted = `Cannot decode "${source.name}"`;
  const every = everyFrame(await toolVersion("ffmpeg", attempted));
  let unread: unknown = null;
  const onUnread = (error: unknown) => void (unread = error);
  const tools: RunningTool[] = [];
  let count = 0;
  try {
    startTools(tools, source, { jpeg, every, stretch, onUnread }, attempted);
    const last = tools.at(-1)!;
    for await (const frame of readPixmaps(last.stdout, attempted)) {
      yield frame;
      count++;
      if (stretch && tools.some((tool) => tool.complained())) break;
    }
    if (stretch && tools.some((tool) => tool.complained())) {
      for (const tool of tools) tool.stop();
    }
    const ends = await Promise.all(tools.map(({ ended }) => ended));
    if (unread !== null) throw unread;
    if (stretch) requireWhole(source, stretch, count, ends);
    for (const { signal } of ends) {
      requireNotKilled(signal, `${attempted}: ffmpeg`, `${count} frames`);
    }
    const complaints = ends.map((end) => end.complaints).filter((text) => text !== "").join("\n");
    const said = complaints === "" ? "" : `: ${firstLine(complaints, source.path)}`;
    if (count === 0) {
      throw fault(
        Error,
        `${attempted}: ffmpeg found no frame in it${said}; copy it again, or convert it`,
      );
    }
    // Of an empty picture nothing is said.
    const few = !stretch && source.pictures !== null && count < source.pictures.files.length;
    if (complaints !== "" || ends.some(({ ok }) => !ok) || few) {
      onDamage?.(`"${source.name}" is damaged, ${count} frames could be decoded${said}`);
    }
  } finally {
    for (const tool of tools) {
      tool.stop();
      if (!tool.stdout.locked) await tool.stdout.cancel(); // the next program did not start
    }
    await Promise.all(tools.map(({ ended }) => ended));
  }
}

/** @throws {StretchDiffers} not so many frames, or a complaint */
function requireWhole(
  { path }: VideoSource,
  { first, frames }: Stretch,
  count: number,
  ends: ToolEnd[],
): void {
  const complaints = ends.map((end) => end.complaints).filter((text) => text !== "").join("\n");
  if (complaints !== "") {
    throw new StretchDiffers(`from frame ${first} on ffmpeg says: ${firstLine(complaints, path)}`);
  }
  if (ends.some(({ signal }) => signal !== null)) return;
  if (ends.every(({ ok }) => ok) && (frames === null || count === frames)) return;
  throw new StretchDiffers(`from frame ${first} on ${count} frames came in place of ${frames}`);
}

/**
 * Starts the chain of programs; the last one prints frames.
 *
 * @param tools gets each as it starts: those before one that does not start are to be ended too
 */
function startTools(
  tools: RunningTool[],
  source: VideoSource,
  { jpeg, every, stretch, onUnread }: {
    jpeg: boolean;
    every: string[];
    stretch?: Stretch;
    /** Told of a picture that cannot be read: ffmpeg takes what is before it for the whole. */
    onUnread: (error: unknown) => void;
  },
  attempted: string,
): void {
  const { pictures } = source;
  const { first = 0, frames = null, from = null } = stretch ?? {};
  // By the file's own clock, whatever time it begins with.
  const seek = from === null ? [] : ["-seek_timestamp", "1", "-ss", from.toFixed(6)];
  const most = frames === null ? [] : ["-frames:v", String(frames)];
  const ofPictures = (codec: string) => ["-f", "image2pipe", "-c:v", codec, "-i", "pipe:0"];
  const input = pictures
    ? ofPictures(pictures.codec)
    : [...seek, "-i", fileUrl(source.path), "-map", `0:${source.stream}`, ...most];
  const decoder = startTool(
    "ffmpeg",
    [...QUIET, ...input, ...every, ...jpeg ? AS_JPEG : AS_PIXELS],
    attempted,
    pictures !== null,
  );
  tools.push(decoder);
  if (pictures) {
    const end = frames === null ? undefined : first + frames;
    feed(decoder, filesOf(pictures.files.slice(first, end), onUnread));
  }
  if (!jpeg) return;
  const second = startTool(
    "ffmpeg",
    [...QUIET, ...ofPictures("mjpeg"), ...every, ...AS_PIXELS],
    attempted,
    true,
  );
  tools.push(second);
  feed(second, decoder.stdout);
}

async function* filesOf(
  paths: string[],
  onUnread: (error: unknown) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const path of paths) {
    try {
      yield await readBytes(path, `Cannot read the picture "${path}"`);
    } catch (error) {
      onUnread(error);
      throw error;
    }
  }
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
