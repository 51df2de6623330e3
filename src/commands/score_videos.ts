/** `wsvad score` of videos: their features are made as those of the training were, then scored. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { listFeatureFiles } from "../data/feature_folder.ts";
import {
  type CachedFeatures,
  cachePath,
  extractAndKeep,
  keptFeatures,
} from "../extract/cached_features.ts";
import { decodersOf } from "../extract/decoders.ts";
import { buildExtractor, type ExtractorPlan } from "../extract/extractor.ts";
import { openSource } from "../extract/extract_video.ts";
import { Pace } from "../extract/extraction_pace.ts";
import type { FailedVideo } from "../extract/feature_folder.ts";
import { findVideos, type NamedVideo } from "../extract/find_videos.ts";
import { fault, isFault } from "../fault.ts";
import { entriesIn } from "../io/list_folder.ts";
import { entryAt } from "../io/read_file.ts";
import { openDevice } from "../ops/open_device.ts";
import { warn } from "../progress.ts";
import { renderVideoPage } from "../report/video_page.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import type { LoadedCheckpoint } from "../run_folder/load_checkpoint.ts";
import { FRAMES_PER_SECOND } from "../video/log_mel.ts";
import { frameTimes } from "../video/packet_times.ts";
import {
  isPictureName,
  isSoundName,
  isVideoName,
  openVideo,
  type VideoSource,
} from "../video/video_source.ts";
import { alarmRule } from "./score_alarms.ts";
import {
  type DecodedSource,
  scoreFiles,
  type ScoreRequest,
  type ScoreResult,
  TO_STDOUT,
} from "./score_files.ts";
import { earlierScores } from "./score_outputs.ts";
import { factsOf, mediaOf, type OpenedVideo, thumbnailsOf } from "./score_page.ts";
import { planFor, type PlanRequest } from "./score_plan.ts";

export interface ScoreVideosRequest
  extends PlanRequest, Omit<ScoreRequest, "decoded" | "layout" | "frames" | "plugins"> {
  /** The video goes into the page. */
  embed: boolean;
  /** Programs that decode a video at once; absent: by device and backbone. */
  decoders?: number;
  /** The folder below which features are kept; absent: the user's. */
  cache?: string;
}

/**
 * Whether a path of a command line is a video, or a folder of videos or pictures, and no feature
 * file or folder of such.
 */
export async function namesVideos(path: string): Promise<boolean> {
  if (!entryAt(path)?.isDirectory()) return isVideoName(path) || isSoundName(path);
  if ((await listFeatureFiles(path)).length > 0) return false;
  return holdsVideos(path);
}

function holdsVideos(folder: string): boolean {
  for (const entry of entriesIn(folder, `Cannot look for videos in "${folder}"`)) {
    const { name } = entry;
    if (name.startsWith(".")) continue;
    const found = entry.isDirectory()
      ? holdsVideos(join(folder, name))
      : [isVideoName, isPictureName, isSoundName].some((isOne) => isOne(name));
    if (found) return true;
  }
  return false;
}

/** Names of what is written beside a page, and what it may link. */
const SHOWN = /^[^.].*\.(html|csv|json|svg|preview\.(mp4|webm))$/;

export interface VideosResult extends ScoreResult {
  /** Videos that could not be decoded, which did not stop the rest. */
  failed: FailedVideo[];
  /** Files that the pages show: what lies in the folder of the scores, and the videos. */
  shown: string[];
  /** The page to open: that of the one video, or the overview of several. */
  first: string;
}

/**
 * Extracts, scores and writes the asked formats.
 *
 * @throws a fault: features that cannot be made as the model needs them, a video that cannot be
 *     decoded, or as `scoreFiles`
 */
export async function scoreVideos(request: ScoreVideosRequest): Promise<VideosResult> {
  const videos = await findVideos(request.paths);
  const checkpoint = await openCheckpoint(request);
  // Before hours of decoding: whether there is such a threshold.
  await alarmRule(request, checkpoint.config);
  const plan = await planFor(checkpoint, request);
  const named = videos.map(({ id, path }) => ({ id, video: id, paths: [path] }));
  // And whether what they make may be written.
  const { missing } = await earlierScores(named, checkpoint, request);
  const wanted = new Set(missing.map(({ id }) => id));
  const failed: FailedVideo[] = [];
  const opened = await openAll(videos.filter(({ id }) => wanted.has(id)), plan, failed);
  const made = await decodedSources(opened, plan, failed, request, checkpoint.config);
  const sources = videos.flatMap(({ id, path }) => {
    if (wanted.has(id)) return made.get(id) ?? []; // else it has failed
    // Of those that were scored before the name alone counts.
    return { id, video: id, paths: [path], origin: path, fps: checkpoint.config.data.fps };
  });
  const [reason] = failed;
  if (sources.length === 0 && reason !== undefined) throw fault(Error, reason.reason);
  for (const { reason } of failed) warn(request.progress, reason);
  const sound = plan.frames === null;
  const result = await scoreFiles({
    ...request,
    layout: "snippets_first",
    // Of sound a frame is a row of its spectrogram, whatever the rate of the picture.
    fps: sound ? undefined : request.fps,
    decoded: {
      ...{ sources, checkpoint },
      framesPerSnippet: plan.step,
      spread: plan.recipe.segments === null ? "snippets" : "segments",
      sound,
      page: async (video) => {
        const { seen, decoded } = opened.get(video.id)!;
        return renderVideoPage({
          video,
          ...await mediaOf(opened.get(video.id)!, video, { ...request, sound }),
          sound,
          thumbnails: await thumbnailsOf(seen, video),
          facts: factsOf(decoded, video, { recipe: plan.recipe, checkpoint, sound }),
        });
      },
    },
  });
  const first = sources.length === 1 ? `${sources[0].id}.html` : "index.html";
  const shown = request.out === TO_STDOUT ? [] : [
    ...readdirSync(request.out, { withFileTypes: true })
      .filter((entry) => entry.isFile() && SHOWN.test(entry.name))
      .map(({ name }) => join(request.out, name)),
    // Pages of an earlier call link their videos too.
    ...videos.map(({ path }) => path).filter((path) => entryAt(path)?.isFile()),
  ];
  return { ...result, failed, shown, first: join(request.out, first) };
}

/** Looks at every video; those that cannot be decoded are noted. */
async function openAll(
  videos: NamedVideo[],
  plan: ExtractorPlan,
  failed: FailedVideo[],
): Promise<Map<string, OpenedVideo>> {
  const opened = new Map<string, OpenedVideo>();
  for (const { id, path } of videos) {
    try {
      const decoded = await openSource(path, plan);
      const seen = plan.frames === null ? await pictureOf(path) : decoded;
      opened.set(id, { id, decoded, seen });
    } catch (error) {
      noteFailure({ id, path }, error, failed);
    }
  }
  return opened;
}

/** @throws the error, where it is none of the video */
function noteFailure(
  { id, path }: { id: string; path: string },
  error: unknown,
  failed: FailedVideo[],
): void {
  if (!isFault(error)) throw error;
  failed.push({ id, path, reason: error.message });
}

/** Null of a file of sound alone. */
async function pictureOf(path: string): Promise<VideoSource | null> {
  try {
    return await openVideo(path);
  } catch (error) {
    if (isFault(error)) return null;
    throw error;
  }
}

/** The features of videos, by their names; those that fail are noted. */
async function decodedSources(
  opened: Map<string, OpenedVideo>,
  plan: ExtractorPlan,
  failed: FailedVideo[],
  request: ScoreVideosRequest,
  { data }: LoadedCheckpoint["config"],
): Promise<Map<string, DecodedSource>> {
  const { progress, fps: told, cache } = request;
  const places = new Map<string, string>();
  for (const { id, decoded } of opened.values()) {
    places.set(id, await cachePath(decoded, plan.recipe, cache));
  }
  const kept = new Map<string, CachedFeatures | null>();
  for (const [id, place] of places) kept.set(id, await keptFeatures(place));
  const toMake = [...opened.values()].filter(({ id }) => kept.get(id) === null);
  if (toMake.length > 0) await makeFeatures(toMake, places, kept, plan, failed, request);
  const sources = new Map<string, DecodedSource>();
  for (const { id, decoded: source } of opened.values()) {
    const features = kept.get(id) ?? null;
    if (features === null) continue; // it has failed
    const { path, frames, damage } = features;
    if (damage !== null) warn(progress, damage);
    sources.set(id, {
      ...{ id, video: id, paths: [path], frames, origin: source.path },
      fps: plan.frames === null ? FRAMES_PER_SECOND : told ?? source.fps ?? data.fps,
      times: plan.frames === null ? undefined : await unevenTimes(source, frames),
    });
  }
  return sources;
}

async function makeFeatures(
  videos: OpenedVideo[],
  places: Map<string, string>,
  kept: Map<string, CachedFeatures | null>,
  plan: ExtractorPlan,
  failed: FailedVideo[],
  { progress, device: options, decoders }: ScoreVideosRequest,
): Promise<void> {
  const device = await openDevice(options, false);
  await using closed = new AsyncDisposableStack();
  closed.defer(() => device.close());
  const extractor = await buildExtractor(plan);
  closed.defer(() => extractor.dispose());
  try {
    progress.note(
      `${plan.recipe.backbone}, lineage ${plan.recipe.lineage}: features of ${videos.length} ${
        videos.length === 1 ? "video" : "videos"
      }; ${device.name}`,
    );
    progress.start(videos.length, 0, "video");
    for (const [done, { id, decoded: source }] of videos.entries()) {
      const pace = new Pace();
      const onFrame = (frames: number) => {
        const doing = `${id} frame ${frames}`;
        progress.step({ step: done, doing, ...pace.of(frames, frames, source.expectedFrames) });
      };
      try {
        const made = await extractAndKeep(source, extractor, places.get(id)!, {
          ...{ onFrame, decoders: decodersOf(extractor, device, { decoders, device: options }) },
          ...{ onNote: (text) => progress.note(text), of: device.name },
        });
        device.assertHealthy();
        kept.set(id, made);
      } catch (error) {
        device.assertHealthy();
        noteFailure({ id, path: source.path }, error, failed);
      }
      progress.step({ step: done + 1 });
    }
  } finally {
    progress.stop();
  }
}

/** The times of frames that are not evenly apart, where the file tells one for each. */
async function unevenTimes(
  source: VideoSource,
  frames: number,
): Promise<Float64Array | undefined> {
  if (source.pictures || source.fps === null) return undefined;
  const times = await frameTimes(source);
  if (times.length !== frames) return undefined;
  const far = times.some((time, frame) => Math.abs(time - frame / source.fps!) > 1.5 / source.fps!);
  return far ? times : undefined;
}
