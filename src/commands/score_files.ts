/** `wsvad score`: feature files of any length to tables, JSON and curves. */

import { parseOverride } from "../config/override_grammar.ts";
import { type PathKey, pathKeys } from "../data/data_paths.ts";
import { type Expected, type Layout, readFeatures } from "../data/feature_file.ts";
import { openParts } from "../data/feature_parts.ts";
import { prepareFeatures } from "../data/prepare_features.ts";
import { waitingBytes } from "../data/reading_budget.ts";
import type { Device, DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault } from "../fault.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { type Progress, tellSlow, warn } from "../progress.ts";
import { dataSets } from "../sets/index.ts";
import type { VideoScores } from "../report/score_files.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";
import { tool } from "../tool.ts";
import { withLock } from "../run_folder/lock.ts";
import { damageFirst } from "../run_folder/checkpoint.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { type LoadedCheckpoint, modelOf, weightsText } from "../run_folder/load_checkpoint.ts";
import { inspectSources, scorePlaces } from "../score/score_frames.ts";
import { Scoring } from "../score/scoring.ts";
import { scoresOf } from "../score/score_videos.ts";
import {
  type AlarmRule,
  type OverviewVideo,
  requireOverviewFree,
  tableOfScores,
  writeOverview,
} from "./score_overview.ts";
import { alarmRule, namedEvents } from "./score_alarms.ts";
import { earlierScores, type ScoreFormat } from "./score_outputs.ts";
import { type ScoredFile, writeScores } from "./score_writing.ts";
import {
  cropsApartWarning,
  filesToScore,
  groupSources,
  mixtureOfSources,
  type Source,
} from "./score_sources.ts";

export interface ScoreRequest {
  checkpoint: string;
  /** The method whose weights the checkpoint holds, where another program wrote it. */
  runner?: string;
  /** Feature files and folders of them. */
  paths: string[];
  /** In their place: videos whose features are made, with the checkpoint that said how. */
  decoded?: DecodedVideos;
  overrides: string[];
  configDirs: string[];
  /** Files of --plugin. */
  plugins?: string[];
  /** Axes of 3-D files; absent: refused where both readings are possible. */
  layout?: Layout;
  /** A folder, or TO_STDOUT: nothing is written, and the result has the table. */
  out: string;
  formats: ScoreFormat[];
  /** A number, `from-run`, or a rule of `eval.threshold`; absent: no alarms. */
  threshold?: string;
  /** Seconds that an alarm must hold, and that may lie between two which are one; 0 by default. */
  hold?: number;
  gap?: number;
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

/** A video that was decoded, and its features. */
export interface DecodedSource extends Source {
  /** The video itself. */
  origin: string;
  fps: number;
  /** Seconds at which each frame is shown, where they are not even. */
  times?: Float64Array;
}

export interface DecodedVideos {
  sources: DecodedSource[];
  /** Opened before hours of decoding: the file may be another one after them. */
  checkpoint: LoadedCheckpoint;
  /** Frames from one feature to the next, whatever the model's configuration says. */
  framesPerSnippet: number;
  /** What a score stands for, whatever the model's configuration says. */
  spread: "snippets" | "segments";
  /** Frames are rows of a spectrogram: ground truth counts those of a picture, and is left out. */
  sound: boolean;
  /** The page of one of them. */
  page: (video: VideoScores) => Promise<string>;
}

/** In place of a folder: the table of all scores is the result. */
export const TO_STDOUT = "-";

export interface ScoreResult {
  checkpoint: string;
  /** What a score stands for: eval.spread. */
  spread: "snippets" | "segments";
  files: ScoredFile[];
  /** What an alarm is, where one was asked for. */
  alarm: AlarmRule | null;
  /** Files of all videos together. */
  overview: string[];
  /** CSV of all scores, where nothing is written. */
  table: string | null;
  /** Videos left out, since an earlier run had scored them. */
  skipped: number;
  seconds: number;
  warnings: string[];
}

/**
 * Scores every file and writes the asked formats as `<out>/<id>.<format>`.
 *
 * @throws fault: no file, a file that cannot be read as the model needs it, an output that exists,
 *   unless `overwrite` or `skipExisting` say what is to be done with it; another process that
 *   writes the folder
 */
export async function scoreFiles(request: ScoreRequest): Promise<ScoreResult> {
  const { out } = request;
  if (out === TO_STDOUT) return await scoreAll(request);
  return await inFolder(claimOutput(out), () => withLock(out, () => scoreAll(request)));
}

async function scoreAll(request: ScoreRequest): Promise<ScoreResult> {
  const start = performance.now();
  const found = request.decoded ? [] : await filesToScore(request.paths);
  let opened: Promise<Device> | undefined;
  const device = () => opened ??= openDevice(request.device, false);
  const memory = async () => {
    const { reserve } = await device();
    return reserve;
  };
  try {
    const checkpoint = request.decoded?.checkpoint ??
      await openCheckpoint({ ...request, checkLater: true, memory });
    return await damageFirst(
      checkpoint.checked,
      () => scoreBy(checkpoint, { found, device, start }, request),
    );
  } finally {
    await opened?.then((device) => device.close(), () => {}); // what failed was told
  }
}

/** Scores by a checkpoint that may still be being checked: nothing is told before that is over. */
async function scoreBy(
  checkpoint: LoadedCheckpoint,
  { found, device: open, start }: {
    found: string[];
    device: () => Promise<Device>;
    /** When the work began. */
    start: number;
  },
  request: ScoreRequest,
): Promise<ScoreResult> {
  const { config, dim } = checkpoint;
  const tell = tellSlow(request.progress);
  const given = request.decoded?.sources ??
    await groupSources(found, request.layout, config.data.numbered_files);
  const toStdout = request.out === TO_STDOUT;
  const alarm = await alarmRule(request, config);
  if (!toStdout) await requireOverviewFree(request.out, given.map(({ id }) => id));
  const { missing: sources, warnings: ofEarlier } = toStdout
    ? { missing: given.map((source) => ({ ...source, formats: [] })), warnings: [] }
    : await earlierScores(given, checkpoint, { ...request, tell });
  const skipped = given.length - sources.length;
  const spread = request.decoded?.spread ?? config.eval.spread;
  const result = { checkpoint: checkpoint.path, spread, skipped, alarm };
  if (sources.length === 0) {
    await checkpoint.checked;
    const seconds = (performance.now() - start) / 1000;
    // Another threshold judges the scores of before anew.
    const overview = alarm === null
      ? []
      : await writeOverview(request.out, [], alarm, checkpoint.path);
    return { ...result, files: [], overview, table: null, seconds, warnings: ofEarlier };
  }
  const expected: Expected = {
    layout: request.layout,
    dim,
    crops: config.data.crops ?? config.runner.features.crops ?? undefined,
  };
  const inspected = await inspectSources(sources, expected, config.data.test_crop, tell);
  const framesPerSnippet = request.decoded?.framesPerSnippet ?? config.eval.frames_per_snippet;
  const evaluation = { ...config.eval, spread, frames_per_snippet: framesPerSnippet };
  const data = request.decoded?.sound
    ? { ...config.data, annotations: null, ground_truth: null }
    : config.data;
  const laid = { data, eval: evaluation };
  const { place, warnings: ofPlaces } = await scorePlaces(laid, inspected, {
    frames: request.frames,
    asked: askedPaths(request.overrides),
  });
  const mixture = request.decoded ? null : await mixtureOfSources(sources, expected, checkpoint);
  const device = await open();
  const model = modelOf(checkpoint);
  device.releaseReserved();
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
    ...request.decoded ? [] : cropsApartWarning(given),
    ...ofPlaces,
    ...mixture === null ? [] : [mixture],
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
  const overview: OverviewVideo[] = [];
  const decodedById = new Map(request.decoded?.sources.map((each) => [each.id, each]));
  const { classes } = dataSets[config.data.classes];
  const load = async ({ source, crop }: typeof inspected[number]) => {
    const parts = await openParts(source.paths, expected, config.data, { crop });
    if (parts !== null) return parts;
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
    bytesOf: ({ bytes }) => bytes,
    waitingBytes: waitingBytes(config.data),
    listener: {
      onPart: (done, told) => request.progress.step({ step: done, ...told }),
    },
  });
  for await (const { video: { source }, scores, probabilities } of scored) {
    device.assertHealthy();
    requireFinite(scores, source);
    await checkpoint.checked;
    const placed = place(source, scores.length);
    const decoded = decodedById.get(source.id);
    const fps = request.fps ?? decoded?.fps ?? config.data.fps;
    const times = request.fps === undefined ? decoded?.times : undefined;
    const events = alarm &&
      namedEvents(scores, placed, alarm, { fps, times, classes, probabilities });
    overview.push({ id: source.id, scores, ...placed, fps, times, events });
    files.push(
      await writeScores(source, scores, placed, {
        ...request,
        alarm,
        events,
        formats: source.formats,
        fps,
        times,
        origin: decoded?.origin ?? source.paths[0],
        page: request.decoded?.page,
        framesPerSnippet,
        unbounded: !model.scoresInUnitRange,
        provenance: {
          tool,
          ...decoded && { video: decoded.origin },
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
  const written = toStdout
    ? []
    : await writeOverview(request.out, overview, alarm, checkpoint.path);
  const seconds = (performance.now() - start) / 1000;
  const table = toStdout ? tableOfScores(overview) : null;
  return { ...result, files, overview: written, table, seconds, warnings };
}

/** Keys of the section `data` that name files and that the command line sets. */
function askedPaths(overrides: readonly string[]): PathKey[] {
  const set = overrides.map(parseOverride).filter(({ action }) => action !== "remove");
  return pathKeys.filter((key) => set.some(({ path }) => path.join(".") === `data.${key}`));
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
