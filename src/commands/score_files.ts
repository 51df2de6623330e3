/** `wsvad score`: feature files of any length to tables, JSON and curves. */

import * as tf from "@tensorflow/tfjs";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { numberedCrops } from "../data/crop_sets.ts";
import { cropNumbers, placeOfCrop } from "../data/crops.ts";
import { type Expected, inspectFeatures, type Layout, readFeatures } from "../data/feature_file.ts";
import { listFeatureFiles, otherFiles } from "../data/feature_folder.ts";
import { prepareFeatures } from "../data/prepare_features.ts";
import { cropOf, videoIdOf } from "../data/video_id.ts";
import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { linkFault } from "../io/read_file.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { type Progress, warn } from "../progress.ts";
import { scoresCsv, scoresJson, type VideoScores } from "../report/score_files.ts";
import { scoreSvg } from "../report/score_svg.ts";
import { relativeThreshold, topSegments } from "../report/top_segments.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";
import { tool } from "../tool.ts";
import { loadCheckpoint, modelOf, weightsText } from "../run_folder/load_checkpoint.ts";
import { type ScoreFrames, scorePlaces } from "../score/score_frames.ts";
import { partsOf } from "../score/long_videos.ts";
import { Scoring } from "../score/scoring.ts";
import { scoreVideo } from "../score/score_videos.ts";

export const SCORE_FORMATS = ["csv", "json", "svg"] as const;
export type ScoreFormat = (typeof SCORE_FORMATS)[number];

export interface ScoreRequest {
  checkpoint: string;
  /** Feature files and folders of them. */
  paths: string[];
  overrides: string[];
  configDirs: string[];
  /** Axes of 3-D files; absent: refused where both readings are possible. */
  layout?: Layout;
  out: string;
  formats: ScoreFormat[];
  /** Frames per second of the videos; absent: data.fps. */
  fps?: number;
  /** Frames of the one video; absent: as annotated, or as its snippets cover. */
  frames?: number;
  /** Segments listed for each video. */
  top: number;
  overwrite: boolean;
  device: DeviceOptions;
  progress: Progress;
}

export interface ScoredFile {
  id: string;
  path: string;
  /** Scores: one a snippet, or one a segment where the checkpoint says eval.spread=segments. */
  snippets: number;
  frames: number;
  maximum: number;
  /** Highest first; times are `h:mm:ss.mmm`. */
  segments: { startTime: string; endTime: string; peakScore: number }[];
  written: string[];
}

export interface ScoreResult {
  checkpoint: string;
  /** What a score stands for: eval.spread. */
  spread: "snippets" | "segments";
  files: ScoredFile[];
  seconds: number;
  warnings: string[];
}

const WRITERS: Record<ScoreFormat, (video: VideoScores) => string> = {
  csv: scoresCsv,
  json: scoresJson,
  svg: scoreSvg,
};

/** A video to score: its file, or its files of one crop each. */
interface Source {
  id: string;
  paths: string[];
  /** The numbers of its crops, where the names of the files are not of the usual form. */
  crops?: number[];
}

/**
 * Scores every file and writes the asked formats as `<out>/<id>.<format>`.
 *
 * @throws fault: no file, a file that cannot be read as the model needs it, an output that exists
 */
export async function scoreFiles(request: ScoreRequest): Promise<ScoreResult> {
  return await inFolder(claimOutput(request.out), () => scoreAll(request));
}

async function scoreAll(request: ScoreRequest): Promise<ScoreResult> {
  const start = performance.now();
  const checkpoint = await loadCheckpoint(request);
  const { config, dim } = checkpoint;
  const sources = await sourcesOf(request.paths, request.layout, config.data.numbered_files);
  refuseExisting(sources, request);
  const first = sources.map(({ paths }) => paths[0]);
  const place = await scorePlaces(config, first, request.frames);
  const device = await openDevice(request.device);
  try {
    const model = modelOf(checkpoint);
    request.progress.note(
      `${config.runner.name}, ${weightsText(checkpoint)}: ` +
        `${sources.length} ${sources.length === 1 ? "video" : "videos"}; ${device.name}`,
    );
    if (device.remark !== undefined) request.progress.note(device.remark);
    const warnings = cropsApartWarning(sources);
    for (const warning of warnings) warn(request.progress, warning);
    const random = new RandomStream(0);
    using scoring = new Scoring({
      recorder: device.recorder,
      capture: config.trainer.capture === "auto",
      onFallback: (reason) => request.progress.note(`scoring is not captured: ${reason}`),
    });
    request.progress.start(sources.length, 0, "video");
    const files: ScoredFile[] = [];
    for (const source of sources) {
      const expected = {
        layout: request.layout,
        dim,
        crops: config.data.crops ?? config.runner.features.crops ?? undefined,
      };
      const read = await readFeatures(source.paths, {
        ...expected,
        keepMagnitude: config.data.magnitude,
        crop: await cropOfSource(source, expected, config.data.test_crop),
      });
      const features = prepareFeatures(read, config.data);
      const onPart = partsOf(
        { ...features, id: source.id },
        scoring,
        (told) => request.progress.step({ step: files.length, ...told }),
      );
      const onDevice = scoreVideo(model, features, random, scoring, onPart);
      const scores = Float32Array.from(await onDevice.scores.data());
      await scoring.replays?.settle();
      tf.dispose({ ...onDevice });
      device.assertHealthy();
      requireFinite(scores, source);
      files.push(
        await write(source, scores, place(source.paths[0], scores.length), {
          ...request,
          fps: request.fps ?? config.data.fps,
          framesPerSnippet: config.eval.frames_per_snippet,
          unbounded: !model.scoresInUnitRange,
          provenance: {
            tool,
            features: source.paths,
            checkpoint: checkpoint.path,
            step: checkpoint.step,
            runner: config.runner.name,
            device: device.name,
          },
        }),
      );
      request.progress.step({ step: files.length });
    }
    request.progress.stop();
    const seconds = (performance.now() - start) / 1000;
    return {
      checkpoint: checkpoint.path,
      spread: config.eval.spread,
      files,
      seconds,
      warnings,
    };
  } finally {
    await device.close();
  }
}

async function write(
  { id, paths }: Source,
  scores: Float32Array,
  { bounds, frames, groundTruth }: ScoreFrames,
  options: {
    out: string;
    formats: ScoreFormat[];
    fps: number;
    framesPerSnippet: number;
    top: number;
    unbounded: boolean;
    overwrite: boolean;
    provenance: Record<string, unknown>;
  },
): Promise<ScoredFile> {
  const { out, formats, fps, framesPerSnippet, top, overwrite } = options;
  const threshold = relativeThreshold(scores);
  const segments = topSegments(scores, { count: top, fps, framesPerSnippet, threshold, bounds });
  const video: VideoScores = {
    id,
    scores,
    bounds,
    frames,
    fps,
    threshold,
    segments,
    groundTruth,
    unbounded: options.unbounded,
    provenance: options.provenance,
  };
  const written: string[] = [];
  mkdirSync(out, { recursive: true });
  for (const format of formats) {
    const path = outputPath(out, id, format);
    await writeWhole(path, WRITERS[format](video), { overwrite });
    written.push(path);
  }
  return {
    id,
    path: paths[0],
    snippets: scores.length,
    frames,
    maximum: scores.reduce((most, score) => Math.max(most, score), -Infinity),
    segments: segments.map(({ startTime, endTime, peakScore }) => ({
      startTime,
      endTime,
      peakScore,
    })),
    written,
  };
}

/** The place of the one crop to score; a video of one crop is scored by that, whatever its number. */
async function cropOfSource(
  { id, paths, crops }: Source,
  expected: Expected,
  wanted: number | null,
): Promise<number | undefined> {
  if (wanted === null) return undefined;
  const numbers = cropNumbers({ id, files: paths, crops }, await inspectFeatures(paths, expected));
  return numbers.length > 1 ? placeOfCrop(id, numbers, wanted) : undefined;
}

function outputPath(out: string, id: string, format: ScoreFormat): string {
  return join(out, `${id}.${format}`);
}

/** The videos behind the paths: every .npy file below a folder; with per_crop the crops of a video together. */
async function sourcesOf(
  paths: string[],
  layout: Layout | undefined,
  choice: ResolvedConfig["data"]["numbered_files"],
): Promise<Source[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      throw linkFault(path, `Cannot read features "${path}"`) ??
        fault(Error, `Cannot read features "${path}": no such file or folder`);
    }
    const found = statSync(path).isDirectory() ? await listFeatureFiles(path) : [path];
    if (!found.length) {
      throw fault(
        Error,
        `Cannot score "${path}": no .npy file in this folder, ${await otherFiles(path)}`,
      );
    }
    for (const file of found) files.push(file);
  }
  const numbered = await numberedCrops(files, choice);
  const byId = new Map<string, string[]>();
  for (const file of files) {
    const id = numbered.get(file)?.id ??
      (layout === "per_crop" ? videoIdOf(file) : sampleIdOf(file));
    byId.set(id, [...byId.get(id) ?? [], file]);
  }
  return [...byId].map(([id, found]) => {
    if (found.length > 1 && layout !== "per_crop" && !numbered.has(found[0])) {
      throw fault(
        RangeError,
        `Cannot score "${found[1]}": its scores would go to the files of "${
          found[0]
        }"; score them into different folders with --out, or give --layout per_crop if they are crops of one video`,
      );
    }
    const crop = (file: string) => numbered.get(file)?.crop ?? cropOf(file) ?? 0;
    const paths = found.sort((a, b) => crop(a) - crop(b));
    return { id, paths, crops: numbered.has(paths[0]) ? paths.map(crop) : undefined };
  });
}

/** The video's id as `wsvad eval` has it; a crop that is scored by itself is `<id>__3`, as in training. */
function sampleIdOf(file: string): string {
  const crop = cropOf(file);
  return crop === null ? videoIdOf(file) : `${videoIdOf(file)}__${crop}`;
}

/** Files of one crop each that were scored as videos of their own. */
function cropsApartWarning(sources: Source[]): string[] {
  const crops = sources.map(({ paths }) => paths).filter((paths) =>
    paths.length === 1 && cropOf(paths[0]) !== null
  ).flat();
  const videos = new Set(crops.map(videoIdOf)).size;
  if (videos === crops.length) return [];
  return [
    `by their names ${crops.length} of these files are single crops of ${videos} video${
      videos === 1 ? "" : "s"
    }, each was scored on its own; --layout per_crop scores them together`,
  ];
}

function refuseExisting(sources: Source[], { out, formats, overwrite }: ScoreRequest): void {
  if (overwrite) return;
  for (const { id } of sources) {
    const found = formats.map((format) => outputPath(out, id, format)).find((path) =>
      existsSync(path)
    );
    if (found) {
      throw fault(
        Error,
        `Cannot write "${found}": it exists; give another --out or add --overwrite`,
      );
    }
  }
}

function requireFinite(scores: Float32Array, { paths }: Source): void {
  const snippet = scores.findIndex((score) => !Number.isFinite(score));
  if (snippet < 0) return;
  throw fault(
    RangeError,
    `Cannot score "${paths[0]}": the score of snippet ${snippet} is ${
      scores[snippet]
    }; the weights or the features are damaged`,
  );
}
