/** `wsvad eval`: the metrics of a trained model on test videos, and a report of them. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { dumpConfig } from "../config/resolve_config.ts";
import { openDataset } from "../data/open_dataset.ts";
import { mixedWithTraining } from "../run_folder/trained_features.ts";
import { waitingBytes } from "../data/reading_budget.ts";
import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { type Progress, tellSlow, warn } from "../progress.ts";
import { reportOf, rulesOf } from "../report/describe_run.ts";
import { renderRunReport } from "../report/run_report.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";
import { withLock } from "../run_folder/lock.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { modelOf, weightsText } from "../run_folder/load_checkpoint.ts";
import { bootstrapIntervals, type Intervals } from "../metrics/bootstrap.ts";
import { operatingChoice } from "../metrics/choose_threshold.ts";
import type { ChosenThreshold } from "../metrics/operating_point.ts";
import { alignmentWarning, evaluate } from "../metrics/evaluate.ts";
import { smoothingText } from "../metrics/smooth_scores.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import { Scoring } from "../score/scoring.ts";
import { scoreTestVideos } from "../score/score_videos.ts";
import { tool } from "../tool.ts";

export interface EvaluationRequest {
  /** A run folder, whose best weights are taken, or a checkpoint file. */
  checkpoint: string;
  /** The method whose weights the checkpoint holds, where another program wrote it. */
  runner?: string;
  overrides: string[];
  configDirs: string[];
  /** Files of --plugin. */
  plugins?: string[];
  /** Folder for evaluation.json and report.html; absent: nothing is written. */
  out?: string;
  overwrite: boolean;
  device: DeviceOptions;
  progress: Progress;
}

export interface EvaluationResult {
  checkpoint: string;
  evaluation: Evaluation;
  threshold: ChosenThreshold;
  /** 95 % intervals of the areas, over videos drawn anew. */
  intervals: Intervals;
  videos: number;
  seconds: number;
  /** How scores were smoothed before they were compared, in words; null: not at all. */
  smooth: string | null;
  /** Path of report.html, where one was asked for. */
  report: string | null;
  warnings: string[];
}

/**
 * Evaluates a checkpoint on the test videos of its configuration, with overrides.
 *
 * @throws fault: no checkpoint, data that cannot be used, files that exist, another process that
 *   writes the folder
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationResult> {
  const { out } = request;
  if (out === undefined) return await evaluateCheckpoint(request);
  return await inFolder(claimOutput(out), () => withLock(out, () => evaluateCheckpoint(request)));
}

async function evaluateCheckpoint(request: EvaluationRequest): Promise<EvaluationResult> {
  const start = performance.now();
  if (request.out !== undefined) refuseExisting(request.out, request.overwrite);
  const checkpoint = await openCheckpoint(request);
  const { config } = checkpoint;
  const dataset = await openDataset(config.data, {
    features: { ...config.runner.features, dim: checkpoint.dim },
    testAlone: true,
    evaluation: config.eval,
    tell: tellSlow(request.progress),
  });
  if (!dataset.test.length) {
    throw fault(RangeError, "Cannot evaluate: the data has no test videos; set data.test");
  }
  // The configured training features may be others than those trained on, or not here.
  if (dataset.features?.test) {
    const { mixed_features: asked } = config.data;
    const mixture = await mixedWithTraining(checkpoint.path, dataset.features.test, asked);
    if (mixture !== null && !dataset.warnings.includes(mixture)) dataset.warnings.push(mixture);
  }
  const device = await openDevice(request.device, false);
  const { progress } = request;
  try {
    const model = modelOf(checkpoint);
    progress.note(
      `${config.runner.name}, ${weightsText(checkpoint)}, on ${dataset.name}: ` +
        `${dataset.test.length} test videos; ${device.name}`,
    );
    if (device.remark !== undefined) progress.note(device.remark);
    if (checkpoint.remark !== null) progress.note(checkpoint.remark);
    for (const note of dataset.notes) progress.note(note);
    for (const warning of [...checkpoint.warnings, ...dataset.warnings]) warn(progress, warning);
    const random = new RandomStream(0);
    progress.start(dataset.test.length, 0, "video");
    using scoring = new Scoring({
      recorder: device.recorder,
      capture: config.trainer.capture === "auto",
      onFallback: (reason) => progress.note(`scoring is not captured: ${reason}`),
    });
    const videos = await scoreTestVideos(
      model,
      dataset.test,
      random,
      scoring,
      {
        waitingBytes: waitingBytes(config.data),
        onVideo: (done) => progress.step({ step: done }),
        onPart: (done, told) => progress.step({ step: done, ...told }),
      },
    );
    progress.stop();
    device.assertHealthy();
    const unboundedScores = !model.scoresInUnitRange;
    const evaluation = evaluate(videos, {
      ...config.eval,
      unboundedScores,
      classes: dataset.classes,
    });
    const operating = operatingChoice(videos, config.eval, config.data.fps);
    const intervals = bootstrapIntervals(videos, config.eval, { tell: tellSlow(progress) });
    const warnings = [
      ...checkpoint.warnings,
      ...dataset.warnings,
      alignmentWarning(evaluation.alignment, dataset.offGrid),
    ]
      .filter((warning) => warning !== null);
    const seconds = (performance.now() - start) / 1000;
    const result: EvaluationResult = {
      checkpoint: checkpoint.path,
      evaluation,
      threshold: operating.choice,
      intervals,
      videos: videos.length,
      seconds,
      smooth: smoothingText(config.eval.smooth),
      report: null,
      warnings,
    };
    if (request.out === undefined) return result;
    const weights = `the ${weightsText(checkpoint)}`;
    mkdirSync(request.out, { recursive: true });
    result.report = join(request.out, "report.html");
    const text = new TextEncoder();
    await writeWhole(
      result.report,
      text.encode(renderRunReport(reportOf({
        config,
        dataset,
        device,
        parameters: model.parameters.size,
        unboundedScores,
        cropsApart: model.cropsApart,
        evaluation,
        operating,
        intervals,
        videos,
        weights,
        steps: 0,
        seconds,
        warnings,
      }))),
      { overwrite: request.overwrite },
    );
    const json = {
      tool,
      device: device.describe(),
      parameters: model.parameters.size,
      data: {
        name: dataset.name,
        provenance: dataset.provenance,
        features: dataset.features,
        ground_truth_rule: dataset.groundTruthRule,
      },
      rules: rulesOf(config, model.cropsApart, weights),
      ...result,
      config: dumpConfig(config),
    };
    await writeWhole(
      join(request.out, "evaluation.json"),
      text.encode(JSON.stringify(json, null, 1) + "\n"),
      { overwrite: request.overwrite },
    );
    return result;
  } finally {
    await device.close();
  }
}

function refuseExisting(out: string, overwrite: boolean): void {
  const found = ["evaluation.json", "report.html"].find((name) => existsSync(join(out, name)));
  if (found !== undefined && !overwrite) {
    throw fault(
      Error,
      `Cannot write "${join(out, found)}": it exists; give another --out or add --overwrite`,
    );
  }
}
