/** What is known of a video before it is decoded: a file, or a folder with a picture a frame. */

import { type Stats, statSync } from "node:fs";
import { extname, join } from "node:path";
import { z } from "zod";
import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import { entriesIn } from "../io/list_folder.ts";
import { linkFault, NO_FILE } from "../io/read_file.ts";
import { FRAMES_PER_SECOND } from "./log_mel.ts";
import { firstLine } from "./complaints.ts";
import { fileUrl, toolOutput } from "./media_tools.ts";
import { VIDEO_ENDINGS } from "./video_endings.ts";

export interface VideoSource {
  path: string;
  /** What messages call it: a member of an archive lies unpacked at another path. */
  name: string;
  /** Of a folder: its pictures in the order of their numbers, and ffmpeg's decoder for them. */
  pictures: { files: string[]; codec: string } | null;
  /** Number of the video stream within the file. */
  stream: number;
  /** Frames per second on the average; null for a folder, and where the file does not tell. */
  fps: number | null;
  /** Frames by the file's own account, for time left alone; null where it does not tell. */
  expectedFrames: number | null;
  /** Of the file: "h264 in mov,mp4,m4a,3gp,3g2,mj2". */
  format: string;
  /** Form of its pixels: "yuv420p"; null of pictures and of sound, and where it is not known. */
  pixels: string | null;
}

/** ffmpeg's decoders of pictures, by the ending of their files. */
const pictureCodecs: Record<string, string> = {
  ".jpg": "mjpeg",
  ".jpeg": "mjpeg",
  ".png": "png",
  ".bmp": "bmp",
};

export function isVideoName(name: string): boolean {
  return VIDEO_ENDINGS.includes(extname(name).toLowerCase());
}

/** Endings of files that hold sound alone. */
const SOUND_ENDINGS = [".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus"];

export function isSoundName(name: string): boolean {
  return SOUND_ENDINGS.includes(extname(name).toLowerCase());
}

export function isPictureName(name: string): boolean {
  return Object.hasOwn(pictureCodecs, extname(name).toLowerCase());
}

/**
 * Looks at a video file, by ffprobe, or at a folder of pictures.
 *
 * @throws {Error} a fault: nothing is there, no video stream, a file that ffprobe cannot read, a
 *     folder without pictures or with several kinds
 */
export async function openVideo(path: string, name = path): Promise<VideoSource> {
  const attempted = `Cannot decode "${name}"`;
  const source = isFolder(path, attempted)
    ? openPictures(path, attempted)
    : await probe(path, attempted, "video");
  return { ...source, name };
}

/**
 * Looks at the sound of a video, or at a sound file, by ffprobe: its "frames" are the rows of a
 * spectrogram, 10 ms apart.
 *
 * @throws {Error} a fault, as {@link openVideo}; no sound
 */
export async function openSound(path: string, name = path): Promise<VideoSource> {
  const attempted = `Cannot decode the sound of "${name}"`;
  if (isFolder(path, attempted)) {
    throw fault(Error, `${attempted}: a folder of pictures has none; give the videos themselves`);
  }
  return { ...await probe(path, attempted, "audio"), name };
}

function isFolder(path: string, attempted: string): boolean {
  let entry: Stats;
  try {
    entry = statSync(path);
  } catch (error) {
    throw linkFault(path, attempted) ?? fileFault(error, attempted);
  }
  if (!entry.isDirectory() && !entry.isFile()) throw fault(Error, `${attempted}: ${NO_FILE}`);
  return entry.isDirectory();
}

function openPictures(path: string, attempted: string): Omit<VideoSource, "name"> {
  const names = entriesIn(path, attempted).map(({ name }) => name)
    .filter((name) => !name.startsWith(".") && isPictureName(name));
  if (names.length === 0) {
    throw fault(
      Error,
      `${attempted}: the folder holds no frames; expected pictures of one kind (${
        Object.keys(pictureCodecs).join(", ")
      }), numbered in the order of the frames`,
    );
  }
  const codecs = new Set(names.map((name) => pictureCodecs[extname(name).toLowerCase()]));
  if (codecs.size > 1) {
    throw fault(
      Error,
      `${attempted}: the folder holds pictures of several kinds (${
        [...codecs].join(", ")
      }); leave one kind in it`,
    );
  }
  const [codec] = codecs;
  const byNumber = new Intl.Collator("en", { numeric: true }).compare;
  const files = names.sort(byNumber).map((name) => join(path, name));
  return {
    path,
    pictures: { files, codec },
    stream: 0,
    fps: null,
    expectedFrames: files.length,
    format: `${codec} pictures`,
    pixels: null,
  };
}

const probed = z.object({
  streams: z.array(z.object({
    index: z.int(),
    codec_type: z.string().default("unknown"),
    codec_name: z.string().default("unknown"),
    avg_frame_rate: z.string().default("0/0"),
    r_frame_rate: z.string().default("0/0"),
    nb_frames: z.string().optional(),
    duration: z.string().optional(),
    pix_fmt: z.string().optional(),
    disposition: z.looseObject({ attached_pic: z.int().default(0) }).optional(),
  })).default([]),
  format: z.object({
    format_name: z.string().default("unknown"),
    duration: z.string().optional(),
  }).optional(),
});

async function probe(
  path: string,
  attempted: string,
  kind: "video" | "audio",
): Promise<Omit<VideoSource, "name">> {
  const { ok, text, complaints } = await toolOutput("ffprobe", [
    "-v",
    "error",
    "-show_streams",
    "-show_format",
    "-of",
    "json",
    fileUrl(path),
  ], attempted);
  const said = complaints === "" ? "" : ` (ffprobe: ${firstLine(complaints, path)})`;
  const parsed = ok ? probed.safeParse(JSON.parse(text)) : null;
  if (!parsed?.success) {
    throw fault(
      Error,
      `${attempted}: it is no video that ffmpeg can read${said}; convert it, or copy it again if it is damaged`,
    );
  }
  const { streams, format } = parsed.data;
  // A cover picture of a sound file is a video stream too.
  const stream = streams.find(({ codec_type, disposition }) =>
    codec_type === kind && disposition?.attached_pic !== 1
  );
  if (!stream) {
    const kinds = streams.map(({ codec_type, codec_name }) => `${codec_type} (${codec_name})`);
    throw fault(
      Error,
      `${attempted}: it has no ${kind} stream, ${
        kinds.length === 0 ? "and no other" : `only ${kinds.join(", ")}`
      }${said}`,
    );
  }
  const fps = kind === "audio"
    ? FRAMES_PER_SECOND
    : ratio(stream.avg_frame_rate) ?? ratio(stream.r_frame_rate);
  const seconds = positive(stream.duration) ?? positive(format?.duration);
  const counted = kind === "audio" ? null : positive(stream.nb_frames);
  return {
    path,
    pictures: null,
    stream: stream.index,
    fps,
    expectedFrames: counted ?? (fps && seconds ? Math.round(fps * seconds) : null),
    format: `${stream.codec_name} in ${format?.format_name ?? "an unknown container"}`,
    pixels: stream.pix_fmt ?? null,
  };
}

/** "30000/1001" as a number; null for "0/0". */
function ratio(text: string): number | null {
  const [above, below = 1] = text.split("/").map(Number);
  const value = above / below;
  return Number.isFinite(value) && value > 0 ? value : null;
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : null;
}
