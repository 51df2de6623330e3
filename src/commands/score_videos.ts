/** `wsvad score` of videos: their features are made as those of the training were, then scored. */

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type FeatureRecipe, recipeDifference } from "../data/feature_recipe.ts";
import { listFeatureFiles } from "../data/feature_folder.ts";
import { cachePath, extractAndKeep, keptFeatures } from "../extract/cached_features.ts";
import { decodersOf } from "../extract/decoders.ts";
import {
  buildExtractor,
  type ExtractorPlan,
  type ExtractorRequest,
  planExtractor,
} from "../extract/extractor.ts";
import { openSource } from "../extract/extract_video.ts";
import { findVideos, type NamedVideo } from "../extract/find_videos.ts";
import { fault } from "../fault.ts";
import { entryAt } from "../io/read_file.ts";
import { checkBackbone } from "../model/chain.ts";
import { loadRecordedPlugin } from "../model/load_plugins.ts";
import { modelConfig } from "../model/model_config.ts";
import { openDevice } from "../ops/open_device.ts";
import { warn } from "../progress.ts";
import { secondsAt, type VideoScores } from "../report/score_files.ts";
import { partsOf, renderVideoPage, type VideoMedia } from "../report/video_page.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { type LoadedCheckpoint, weightsText } from "../run_folder/load_checkpoint.ts";
import { frameJpeg, playedAs, writePlayableCopy } from "../video/browser_media.ts";
import { FRAMES_PER_SECOND } from "../video/log_mel.ts";
import { frameTimes } from "../video/packet_times.ts";
import { isPictureName, isVideoName, openVideo, type VideoSource } from "../video/video_source.ts";
import {
  type DecodedSource,
  scoreFiles,
  type ScoreRequest,
  type ScoreResult,
  TO_STDOUT,
} from "./score_files.ts";
import { earlierScores } from "./score_outputs.ts";

export interface ScoreVideosRequest extends Omit<ScoreRequest, "decoded" | "layout" | "frames"> {
  /** Where the checkpoint does not say how its features were made. */
  backbone?: string;
  /** Of the backbone; absent: where they lay when the features were made. */
  weights?: string;
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
  if (!entryAt(path)?.isDirectory()) return isVideoName(path);
  if ((await listFeatureFiles(path)).length > 0) return false;
  return holdsVideos(path);
}

function holdsVideos(folder: string): boolean {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name.startsWith(".")) continue;
    if (isDirectory ? holdsVideos(join(folder, name)) : isVideoName(name) || isPictureName(name)) {
      return true;
    }
  }
  return false;
}

/** Names of what is written beside a page, and what it may link. */
const SHOWN = /^[^.].*\.(html|csv|json|svg|preview\.(mp4|webm))$/;

export interface VideosResult extends ScoreResult {
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
  const plan = await planFor(checkpoint, request);
  const named = videos.map(({ id, path }) => ({ id, video: id, paths: [path] }));
  // Before hours of decoding: whether what they make may be written.
  const { missing } = await earlierScores(named, checkpoint, request);
  const wanted = new Set(missing.map(({ id }) => id));
  const opened = new Map<string, VideoSource>();
  for (const { id, path } of videos) opened.set(id, await openVideo(path));
  const sources = await decodedSources(videos, opened, wanted, plan, request);
  const result = await scoreFiles({
    ...request,
    layout: "snippets_first",
    decoded: {
      sources,
      framesPerSnippet: plan.step,
      page: async (video) => {
        const source = opened.get(video.id)!;
        return renderVideoPage({
          video,
          media: await mediaOf(source, video, request),
          thumbnails: await thumbnailsOf(source, video),
          facts: factsOf(source, video, plan.recipe, checkpoint),
        });
      },
    },
  });
  const first = videos.length === 1 ? `${videos[0].id}.html` : "index.html";
  const played = [...opened.values()].filter((source) => playedAs(source) !== null);
  const shown = request.out === TO_STDOUT ? [] : [
    ...readdirSync(request.out, { withFileTypes: true })
      .filter((entry) => entry.isFile() && SHOWN.test(entry.name))
      .map(({ name }) => join(request.out, name)),
    ...played.map(({ path }) => path),
  ];
  return { ...result, shown, first: join(request.out, first) };
}

/** How features must be made for the model. */
async function planFor(
  checkpoint: LoadedCheckpoint,
  request: ScoreVideosRequest,
): Promise<ExtractorPlan> {
  const { config, dim, recipe, path } = checkpoint;
  const attempted = `Cannot score videos with "${path}"`;
  if (recipe === null && request.backbone === undefined) {
    throw fault(
      Error,
      `${attempted}: nothing says how the features of its training were made, and features of another kind would be scored at random; if you know their backbone, name it with --backbone; else extract the training videos with wsvad extract and train again`,
    );
  }
  if (recipe !== null && request.backbone !== undefined && request.backbone !== recipe.backbone) {
    throw fault(
      Error,
      `${attempted} by --backbone ${request.backbone}: it was trained on features of "${recipe.backbone}", lineage ${recipe.lineage}; leave --backbone out`,
    );
  }
  if (recipe?.plugin !== undefined) {
    await loadRecordedPlugin(recipe.plugin, path, request.plugins);
  }
  const asked: ExtractorRequest = recipe === null
    ? {
      ...{ backbone: request.backbone!, settings: {}, weights: request.weights ?? null },
      ...{ jpeg: false, segments: null, dtype: "float32" },
      crops: (config.data.crops ?? config.runner.features.crops ?? 1) >= 10 ? "ten" : undefined,
    }
    : {
      ...{ backbone: recipe.backbone, settings: recipe.settings, crops: recipe.crops },
      ...{ jpeg: recipe.jpeg, segments: recipe.segments, dtype: recipe.dtype },
      frames: recipe.frames ?? undefined,
      weights: weightsOf(recipe, request, attempted),
      mean: recipe.mean,
    };
  const plan = await planExtractor(asked);
  checkBackbone(modelConfig(config.runner, config.data, dim), asked.backbone, plan.facts);
  const difference = recipe && recipeDifference(recipe, plan.recipe, { ofSets: true });
  if (difference !== null) {
    throw fault(
      Error,
      `${attempted}: the features of its training and those that would be made now differ (${difference})`,
    );
  }
  return plan;
}

function weightsOf(
  recipe: FeatureRecipe,
  { weights }: ScoreVideosRequest,
  attempted: string,
): string | null {
  if (weights !== undefined || recipe.weights_sha256 === null) return weights ?? null;
  if (recipe.weights !== null && existsSync(recipe.weights)) return recipe.weights;
  throw fault(
    Error,
    `${attempted}: the weights of backbone "${recipe.backbone}" are no longer at "${recipe.weights}"; name the file with --weights`,
  );
}

/** The features of the wanted videos; others keep their names alone, since they are left out. */
async function decodedSources(
  videos: NamedVideo[],
  opened: Map<string, VideoSource>,
  wanted: Set<string>,
  plan: ExtractorPlan,
  { progress, device: options, fps: told, cache, decoders }: ScoreVideosRequest,
): Promise<DecodedSource[]> {
  const places = new Map<string, string>();
  for (const { id } of videos) {
    if (wanted.has(id)) places.set(id, await cachePath(opened.get(id)!, plan.recipe, cache));
  }
  const kept = new Map<string, Awaited<ReturnType<typeof keptFeatures>>>();
  for (const [id, place] of places) kept.set(id, await keptFeatures(place));
  const toMake = videos.filter(({ id }) => places.has(id) && kept.get(id) === null);
  if (toMake.length > 0) {
    const device = await openDevice(options);
    const extractor = await buildExtractor(plan);
    try {
      progress.note(
        `${plan.recipe.backbone}, lineage ${plan.recipe.lineage}: features of ${toMake.length} ${
          toMake.length === 1 ? "video" : "videos"
        }; ${device.name}`,
      );
      progress.start(toMake.length, 0, "video");
      for (const [done, { id, path }] of toMake.entries()) {
        const source = await openSource(path, plan);
        const start = performance.now();
        const onFrame = (frames: number) => {
          const pace = frames / ((performance.now() - start) / 1000);
          const { expectedFrames } = source;
          const left = expectedFrames === null ? undefined : (expectedFrames - frames) / pace;
          progress.step({
            ...{ step: done, doing: `${id} frame ${frames}`, framesPerSecond: pace },
            secondsLeft: left === undefined ? undefined : Math.max(0, left),
          });
        };
        const made = await extractAndKeep(source, extractor, places.get(id)!, {
          ...{ onFrame, decoders: decodersOf(extractor, device, { decoders, device: options }) },
          ...{ onNote: (text) => progress.note(text), of: device.name },
        });
        device.assertHealthy();
        kept.set(id, made);
        progress.step({ step: done + 1 });
      }
    } finally {
      progress.stop();
      extractor.dispose();
      await device.close();
    }
  }
  const sources: DecodedSource[] = [];
  for (const { id, path } of videos) {
    const source = opened.get(id)!;
    const features = kept.get(id);
    if (features?.damage) warn(progress, features.damage);
    sources.push({
      ...{ id, video: id, paths: [features?.path ?? path], frames: features?.frames },
      origin: path,
      fps: plan.frames === null ? FRAMES_PER_SECOND : told ?? source.fps ?? 25,
      times: features && plan.frames !== null
        ? await unevenTimes(source, features.frames)
        : undefined,
    });
  }
  return sources;
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

/** The video as its page has it. */
async function mediaOf(
  source: VideoSource,
  { id, fps }: VideoScores,
  { out, embed }: ScoreVideosRequest,
): Promise<VideoMedia> {
  mkdirSync(out, { recursive: true });
  const own = playedAs(source);
  const { path, type } = own === null
    ? await writePlayableCopy(source, join(out, `${id}.preview`), fps)
    : { path: source.path, type: own };
  const name = basename(source.path);
  if (!embed) return { address: addressOf(out, path), type, source: name };
  const bytes = await Deno.readFile(path);
  if (own === null) await Deno.remove(path);
  return { address: `data:${type};base64,${bytes.toBase64()}`, type, source: name };
}

/** From a page in a folder to a file, as a relative address. */
function addressOf(folder: string, path: string): string {
  return relative(resolve(folder), resolve(path)).split(/[\\/]/)
    .map((part) => part === ".." ? part : encodeURIComponent(part)).join("/");
}

async function thumbnailsOf(source: VideoSource, video: VideoScores): Promise<(string | null)[]> {
  const thumbnails: (string | null)[] = [];
  for (const { peakFrame } of partsOf(video)) {
    const jpeg = await frameJpeg(source, peakFrame, secondsAt(video, peakFrame));
    thumbnails.push(jpeg && `data:image/jpeg;base64,${jpeg.toBase64()}`);
  }
  return thumbnails;
}

function factsOf(
  { path, format, pictures }: VideoSource,
  { fps, times, alarm }: VideoScores,
  recipe: FeatureRecipe,
  checkpoint: LoadedCheckpoint,
): [name: string, value: string][] {
  const rate = `${Number(fps.toFixed(3))} frames per second`;
  return [
    ["Video", `${path}, ${pictures ? "a folder of pictures" : format}`],
    ["Time", times ? `as the file tells for each frame, ${rate} on the average` : rate],
    ["Features", `${recipe.backbone}, lineage ${recipe.lineage}: ${recipe.preprocessing}`],
    ["Snippets", `${recipe.snippet} frames; ${recipe.tail}`],
    ["Model", `${checkpoint.config.runner.name}, ${weightsText(checkpoint)}`],
    [
      "Threshold",
      alarm?.rule ?? "the middle between the lowest and the highest score of this video",
    ],
    ["Made by", `${recipe.tool}, ${recipe.decoder}`],
  ];
}
