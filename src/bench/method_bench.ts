/**
 * Times training steps and scoring of a method, as they run and, on a GPU, as they are replayed.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Device } from "../device/device.ts";
import { scoreVideo } from "../score/score_video.ts";
import { Scoring } from "../score/scoring.ts";
import type { ScoringReplays } from "../score/scoring_replays.ts";
import { isFault } from "../fault.ts";
import { CapturedStep } from "../train/captured_step.ts";
import { type BenchModel, benchModel } from "./bench_model.ts";
import { median, secondsOf } from "./measure.ts";
import { type BatchShape, officialBatch, randomBatch } from "./official_batch.ts";
import { capturedStep, eagerStep } from "./training_step.ts";

/** Times of a replayed training step. */
export interface ReplayFigures {
  seconds: number;
  dispatches: number;
  /**
   * What WebGPU itself takes of this thread for a step, batch copied and commands encoded, before
   * the GPU has them.
   */
  driverMilliseconds: number;
  /** What JavaScript takes beside it, for a step and for each dispatch. */
  javascriptMilliseconds: number;
  javascriptMicrosecondsPerDispatch: number;
}

export interface MethodFigures {
  runner: string;
  /** [B, N, T, D] of the training batch. */
  batch: BatchShape;
  /**
   * A training step from the batch in memory to the losses, which on a GPU are read for ten steps
   * together, as in training; null where it does not fit.
   */
  stepSeconds: number | null;
  /** Most bytes of tensors in use during a step. */
  peakBytes: number | null;
  /** The replayed step: on a GPU, where it could be recorded. */
  replay: ReplayFigures | null;
  /** Why there is no step or no replay, if so. */
  reason: string | null;
  /** One video [1, N, T, D], from its features in memory to its scores. */
  scoringShape: BatchShape;
  scoringSeconds: number;
  /** The same replayed: on a GPU. */
  scoringReplaySeconds: number | null;
}

export interface MethodOptions {
  repeats: number;
  /** Videos of a training batch, both sides together; absent: the paper's. */
  videos?: number;
  /** Snippets of the video that is scored. */
  scored: number;
}

/** Steps before the timed ones: they compile, and with capture one is recorded and one compared. */
const WARM_UP = { eager: 1, captured: 4 };

/** Seconds of steps in which reading their losses does not show. */
const LONG = 1;

/** Replays between an eager step and the first whose JavaScript is timed. */
const BESIDE = 2;

export async function benchMethod(
  device: Device,
  config: ResolvedConfig,
  { repeats, videos, scored }: MethodOptions,
): Promise<MethodFigures> {
  const shape = officialBatch(config, videos);
  const bench = benchModel(config, shape[3] - Number(config.data.magnitude), device.recorder);
  try {
    const training = await benchTraining(device, bench, shape, repeats);
    const scoringShape: BatchShape = [1, shape[1], scored, shape[3]];
    const scoring = await benchScoring(device, bench, scoringShape, repeats);
    device.assertHealthy();
    return { runner: config.runner.name, batch: shape, ...training, scoringShape, ...scoring };
  } finally {
    bench.dispose();
  }
}

type Training = Pick<MethodFigures, "stepSeconds" | "peakBytes" | "replay" | "reason">;

async function benchTraining(
  device: Device,
  bench: BenchModel,
  shape: BatchShape,
  repeats: number,
): Promise<Training> {
  const batch = randomBatch(shape);
  const { recorder } = device;
  let reason: string | null = recorder ? null : "no capture on the cpu device";
  const captured = recorder
    ? new CapturedStep(
      recorder,
      bench.model,
      { optimizer: bench.optimizer, clipNorm: bench.config.runner.grad_clip_norm, mixed: null },
      (why) => reason = why,
    )
    : null;
  let step = 0;
  const eager = () => eagerStep(bench, batch, step++);
  const replayed = () => capturedStep(captured!, bench, batch, step++);
  /** As in training: what reads the losses of several steps waits for all of them. */
  const several = (work: () => Promise<unknown>, steps: number) =>
    secondsOf(async () => {
      for (let i = 0; i < steps; i++) await work();
      await bench.watch.flush();
    });
  try {
    device.resetUse();
    for (let i = 0; i < WARM_UP.eager; i++) await several(eager, 1);
    const { peak: peakBytes } = device.use();
    for (let i = 0; captured && i < WARM_UP.captured; i++) await several(replayed, 1);
    const dispatches = captured?.dispatches ?? null;
    const together = stepsTogether(await several(captured ? replayed : eager, 1), bench);
    const seconds: number[] = [], replays: number[] = [];
    const driver: number[] = [], javascript: number[] = [];
    for (let i = 0; i < repeats; i++) {
      seconds.push(await several(eager, together) / together);
      if (dispatches === null) continue;
      replays.push(await several(replayed, together) / together);
    }
    // On their own, as in training: what an eager step leaves to be collected is not theirs.
    for (let i = 0; dispatches !== null && i < BESIDE + repeats; i++) {
      const { seconds: sent, driverSeconds } = await replayed();
      await bench.watch.flush();
      if (i < BESIDE) continue;
      driver.push(driverSeconds);
      javascript.push(sent - driverSeconds);
    }
    const replay = dispatches === null ? null : {
      seconds: median(replays),
      dispatches,
      driverMilliseconds: median(driver) * 1e3,
      javascriptMilliseconds: median(javascript) * 1e3,
      javascriptMicrosecondsPerDispatch: median(javascript) * 1e6 / dispatches,
    };
    return { stepSeconds: median(seconds), peakBytes, replay, reason: replay ? null : reason };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { stepSeconds: null, peakBytes: null, replay: null, reason: error.message };
  } finally {
    captured?.dispose();
  }
}

/** Steps whose losses are read together: as many as in training, but of long ones no more. */
function stepsTogether(seconds: number, { watch }: BenchModel): number {
  return Math.max(1, Math.min(watch.slots, Math.floor(LONG / seconds)));
}

async function benchScoring(
  device: Device,
  { model, random }: BenchModel,
  [, crops, snippets, dim]: BatchShape,
  repeats: number,
): Promise<Pick<MethodFigures, "scoringSeconds" | "scoringReplaySeconds">> {
  const { video: values } = randomBatch([1, crops, snippets, dim]);
  using scoring = new Scoring({ recorder: device.recorder });
  const { memo, replays } = scoring;
  const score = async (by: ScoringReplays | null = null) => {
    const video = { crops, snippets, dim, values, length: snippets };
    const scored = scoreVideo(model, video, random, { memo, replays: by });
    await scored.scores.data();
    tf.dispose({ ...scored });
  };
  await score();
  for (let i = 0; replays && i < WARM_UP.captured; i++) {
    await score(replays);
    await replays.settle();
  }
  const before = replays?.replayed;
  const eager: number[] = [], replayed: number[] = [];
  for (let i = 0; i < repeats; i++) {
    eager.push(await secondsOf(() => score()));
    if (replays) replayed.push(await secondsOf(() => score(replays)));
  }
  const captured = replays !== null && replays.replayed > before!; // else it fell back
  return {
    scoringSeconds: median(eager),
    scoringReplaySeconds: captured ? median(replayed) : null,
  };
}
