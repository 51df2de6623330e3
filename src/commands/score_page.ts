/** What the page of a scored video has beside its scores: the video, pictures of it, its origin. */

import { mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import type { FeatureRecipe } from "../data/feature_recipe.ts";
import { fault, isFault } from "../fault.ts";
import { type Progress, warn } from "../progress.ts";
import { secondsAt, type VideoScores } from "../report/score_files.ts";
import { partsOf, type VideoMedia } from "../report/video_page.ts";
import { type LoadedCheckpoint, weightsText } from "../run_folder/load_checkpoint.ts";
import { frameJpeg, heardAs, playedAs, writePlayableCopy } from "../video/browser_media.ts";
import type { VideoSource } from "../video/video_source.ts";

/** A video or a file of sound, as its features are made and as it is seen. */
export interface OpenedVideo {
  id: string;
  decoded: VideoSource;
  /** Its picture; null of sound alone. */
  seen: VideoSource | null;
}

/** The media type by which a browser plays the file itself; null where it does not. */
export function playedItself({ decoded, seen }: OpenedVideo): string | null {
  return seen === null ? heardAs(decoded) : playedAs(seen);
}

/** The longest text of an engine is 512 MiB; base64 takes 4 letters for 3 bytes. */
const LARGEST_EMBEDDED = 256 * 2 ** 20;

interface MediaRequest {
  out: string;
  embed: boolean;
  progress: Progress;
  /** The copy keeps the sound, which was scored. */
  sound: boolean;
}

/**
 * The video as its page has it; null where browsers cannot play it and no copy could be made, which
 * is told.
 *
 * @throws {Error} a fault: it is to be put into the page, and is too large
 */
export async function mediaOf(
  video: OpenedVideo,
  { id, fps }: VideoScores,
  { out, embed, progress, sound }: MediaRequest,
): Promise<{ media: VideoMedia | null; copied: boolean }> {
  mkdirSync(out, { recursive: true });
  const { decoded, seen } = video;
  const own = playedItself(video);
  const name = basename(decoded.path);
  const stem = join(out, `${id}.preview`);
  const played = own !== null
    ? { path: decoded.path, type: own }
    : await orNothing(() => writePlayableCopy(seen ?? decoded, stem, { fps, sound }), progress);
  if (played === null) return { media: null, copied: false };
  const { path, type } = played, copied = own === null;
  if (!embed) return { media: { address: addressOf(out, path), type, source: name }, copied };
  const { size } = await Deno.stat(path);
  if (size > LARGEST_EMBEDDED) {
    throw fault(
      Error,
      `Cannot put "${path}" into its page: it has ${
        (size / 2 ** 20).toFixed(0)
      } MiB, and browsers open no page so large (${
        LARGEST_EMBEDDED / 2 ** 20
      } MiB at most); leave --embed out`,
    );
  }
  const bytes = await Deno.readFile(path);
  if (copied) await Deno.remove(path);
  const address = `data:${type};base64,${bytes.toBase64()}`;
  return { media: { address, type, source: name }, copied };
}

async function orNothing<T>(make: () => Promise<T>, progress: Progress): Promise<T | null> {
  try {
    return await make();
  } catch (error) {
    if (!isFault(error)) throw error;
    warn(progress, `${error.message}; its page has the curve alone`);
    return null;
  }
}

/** From a page in a folder to a file, as a relative address. */
function addressOf(folder: string, path: string): string {
  return relative(resolve(folder), resolve(path)).split(/[\\/]/)
    .map((part) => part === ".." ? part : encodeURIComponent(part)).join("/");
}

/** A data: address for each part that the page lists. */
export async function thumbnailsOf(
  seen: VideoSource | null,
  video: VideoScores,
): Promise<(string | null)[]> {
  const thumbnails: (string | null)[] = [];
  for (const { peakFrame } of partsOf(video)) {
    const jpeg = seen && await frameJpeg(seen, peakFrame, secondsAt(video, peakFrame));
    thumbnails.push(jpeg && `data:image/jpeg;base64,${jpeg.toBase64()}`);
  }
  return thumbnails;
}

export function factsOf(
  { path, format, pictures }: VideoSource,
  { fps, times, alarm }: VideoScores,
  { recipe, checkpoint, sound }: {
    recipe: FeatureRecipe;
    checkpoint: LoadedCheckpoint;
    sound: boolean;
  },
): [name: string, value: string][] {
  const rate = sound
    ? `by the sound, ${fps} rows of its spectrogram a second`
    : `${Number(fps.toFixed(3))} frames per second`;
  return [
    [sound ? "Sound" : "Video", `${path}, ${pictures ? "a folder of pictures" : format}`],
    ["Time", times ? `as the file tells for each frame, ${rate} on the average` : rate],
    ["Features", `${recipe.backbone}, lineage ${recipe.lineage}: ${recipe.preprocessing}`],
    [
      "Snippets",
      [
        ...sound ? [] : [`${recipe.snippet} frames`],
        recipe.tail,
        ...recipe.segments === null ? [] : [`pooled to ${recipe.segments} segments`],
      ].join("; "),
    ],
    ["Model", `${checkpoint.config.runner.name}, ${weightsText(checkpoint)}`],
    [
      "Threshold",
      alarm?.rule ?? "the middle between the lowest and the highest score of this video",
    ],
    ["Made by", `${recipe.tool}, ${recipe.decoder}`],
  ];
}
