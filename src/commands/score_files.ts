/** `wsvad score`: feature files of any length to tables, JSON and curves. */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { type Expected, type Layout, readFeatures } from "../data/feature_file.ts";
import { prepareFeatures } from "../data/prepare_features.ts";
import { waitingBytes } from "../data/reading_budget.ts";
import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { type Progress, warn } from "../progress.ts";
import { scoresCsv, scoresJson, type VideoScores } from "../report/score_files.ts";
import { scoreSvg } from "../report/score_svg.ts";
import { relativeThreshold, topSegments } from "../report/top_segments.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";
import { tool } from "../tool.ts";
import { withLock } from "../run_folder/lock.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { modelOf, weightsText } from "../run_folder/load_checkpoint.ts";
import { inspectSources, type ScoreFrames, scorePlaces } from "../score/score_frames.ts";
import { Scoring } from "../score/scoring.ts";
import { scoresOf } from "../score/score_videos.ts";
import { earlierScores, outputPath, type ScoreFormat } from "./score_outputs.ts";
import { cropsApartWarning, filesToScore, groupSources, type Source } from "./score_sources.ts";

export interface ScoreRequest {
  checkpoint: string;
  /** The method whose weights the checkpoint holds, where another program wrote it. */
  runner?: string;
  /** Feature files and folders of them. */
  paths: string[];
  overrides: string[];
  configDirs: string[];
  /** Files of --plugin. */
  plugins?: string[];
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
  /** Videos whose files exist already are left out. */
  skipExisting?: boolean;
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
  /** Videos left out, since an earlier run had scored them. */
  skipped: number;
  seconds: number;
  warnings: string[];
}

const WRITERS: Record<ScoreFormat, (video: VideoScores) => string> = {
  csv: scoresCsv,
  json: scoresJson,
  svg: scoreSvg,
};

/**
 * Scores every file and writes the asked formats as `<out>/<id>.<format>`.
 *
 * @throws fault: no file, a file that cannot be read as the model needs it, an output that exists,
 *   unless `overwrite` or `skipExisting` say what is to be done with it; another process that
 *   writes the folder
 */
export async function scoreFiles(request: ScoreRequest): Promise<ScoreResult> {
  const { out } = request;
  return await inFolder(claimOutput(out), () => withLock(out, () => scoreAll(request)));
}

async function scoreAll(request: ScoreRequest): Promise<ScoreResult> {
  const start = performance.now();
  const found = await filesToScore(request.paths);
  const checkpoint = await openCheckpoint(request);
  const { config, dim } = checkpoint;
  const given = await groupSources(found, request.layout, config.data.numbered_files);
  const { missing: sources, warnings: ofEarlier } = await earlierScores(given, checkpoint, request);
  const skipped = given.length - sources.length;
  const result = { checkpoint: checkpoint.path, spread: config.eval.spread, skipped };
  if (sources.length === 0) {
    const seconds = (performance.now() - start) / 1000;
    return { ...result, files: [], seconds, warnings: ofEarlier };
  }
  const expected: Expected = {
    layout: request.layout,
    dim,
    crops: config.data.crops ?? config.runner.features.crops ?? undefined,
  };
  const inspected = await inspectSources(sources, expected, config.data.test_crop);
  const { place, warning } = await scorePlaces(config, inspected, request.frames);
  const device = await openDevice(request.device);
  try {
    const model = modelOf(checkpoint);
    request.progress.note(
      `${config.runner.name}, ${weightsText(checkpoint)}: ` +
        `${sources.length} ${sources.length === 1 ? "video" : "videos"}${
          skipped > 0 ? `, ${skipped} scored before` : ""
        }; ${device.name}`,
    );
    if (device.remark !== undefined) request.progress.note(device.remark);
    if (checkpoint.remark !== null) request.progress.note(checkpoint.remark);
    const warnings = [
      ...checkpoint.warnings,
      ...ofEarlier,
      ...cropsApartWarning(given),
      ...(warning === null ? [] : [warning]),
    ];
    for (const warning of warnings) warn(request.progress, warning);
    const random = new RandomStream(0);
    using scoring = new Scoring({
      recorder: device.recorder,
      capture: config.trainer.capture === "auto",
      onFallback: (reason) => request.progress.note(`scoring is not captured: ${reason}`),
    });
    request.progress.start(sources.length, 0, "video");
    const files: ScoredFile[] = [];
    const load = async ({ source, crop }: typeof inspected[number]) => {
      const read = await readFeatures(source.paths, {
        ...expected,
        keepMagnitude: config.data.magnitude,
        crop,
      });
      return prepareFeatures(read, config.data);
    };
    const videos = inspected.map((each) => ({ ...each, id: each.source.id }));
    const scored = scoresOf<typeof videos[number]>(model, videos, {
      scoring,
      random,
      load,
      bytesOf: ({ source }) => mostBytes(source.paths),
      waitingBytes: waitingBytes(config.data),
      listener: {
        onPart: (done, told) => request.progress.step({ step: done, ...told }),
      },
    });
    for await (const { video: { source }, scores } of scored) {
      device.assertHealthy();
      requireFinite(scores, source);
      files.push(
        await write(source, scores, place(source, scores.length), {
          ...request,
          formats: source.formats,
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
    return { ...result, files, seconds, warnings };
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

/**
 * What the files may take as float32, of float16 twice their size; 0 for what is missing: reading
 * it says so.
 */
function mostBytes(paths: string[]): number {
  return paths.reduce((sum, path) => sum + (existsSync(path) ? 2 * statSync(path).size : 0), 0);
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
