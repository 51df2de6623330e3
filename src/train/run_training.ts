/** `wsvad train`: opens data and device, trains, evaluates the kept weights, writes result and report. */

import { existsSync } from "node:fs";
import { dumpConfig, loadResolvedConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { BatchLoader } from "../data/batches.ts";
import { openDataset } from "../data/open_dataset.ts";
import type { Dataset } from "../data/video.ts";
import { type Device, type DeviceOptions, openDevice } from "../device/device.ts";
import { alignmentWarning, evaluate } from "../eval/evaluate.ts";
import type { Evaluation, Metrics, ScoredVideo } from "../eval/evaluation.ts";
import { definitions } from "../eval/definitions.ts";
import { lateStatistics } from "../eval/late_statistics.ts";
import { scoreTestVideos } from "../eval/score_videos.ts";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { assemble, type Model } from "../model/assemble.ts";
import { checkChain } from "../model/chain.ts";
import { modelConfig } from "../model/model_config.ts";
import { registry } from "../model/registry.ts";
import { RandomStream } from "../nn/random_stream.ts";
import type { Progress } from "../progress.ts";
import { reportOf, rulesOf } from "../report/describe_run.ts";
import { renderRunReport } from "../report/run_report.ts";
import { tool } from "../tool.ts";
import { readCheckpoint, readWeights } from "./checkpoint.ts";
import { CONFIG_KEY, DIM_KEY } from "./load_checkpoint.ts";
import { requireFit } from "./memory_check.ts";
import { cleanRunFolder, readLog, type RunFiles, runFiles, truncateLog } from "./run_files.ts";
import { Trainer, type TrainerState } from "./trainer.ts";

export interface Surroundings {
  device: DeviceOptions;
  progress: Progress;
  /** Files through another layer, for tests of full disks. */
  fs?: FileSystem;
  /** Stops the run after the step it is in, with a checkpoint. */
  stop?: AbortSignal;
}

export interface TrainingRequest extends Surroundings {
  config: ResolvedConfig;
  /** Exists already; empty unless `overwrite`. */
  runFolder: string;
  overwrite: boolean;
}

/** The part of result.json that is printed, and where the run lies. */
export interface RunResult {
  runFolder: string;
  /** Path of report.html. */
  report: string;
  steps: number;
  seconds: number;
  /** Null where nothing was evaluated: no test videos. */
  best: { step: number; metrics: Metrics; reasons: Record<string, string> } | null;
  last: { step: number; metrics: Metrics } | null;
  late: { mean: number; std: number; n: number } | null;
  warnings: string[];
}

/** Features whose size the configuration leaves open are checked as if they were I3D's. */
const USUAL_DIM = 2048;

/**
 * Trains from the start.
 *
 * @throws fault: slots that do not fit, data that cannot be used, what does not fit into memory, a
 *   loss that is not finite, a file that cannot be written
 */
export async function runTraining(request: TrainingRequest): Promise<RunResult> {
  const files = runFiles(request.runFolder);
  const text = new TextEncoder().encode(dumpConfig(request.config));
  requireRunnable(request.config);
  const run = await openRun(request.config, files, request);
  try {
    await requireFit(run.model, run.device, run.config, run.dataset);
    await writeWhole(files.config, text, { overwrite: request.overwrite, fs: request.fs });
    await truncateLog(files.log, -1);
    return await finish(run);
  } finally {
    await run.close();
  }
}

/**
 * Continues a run from its last checkpoint, bit for bit. A run that is complete has its result and
 * report written again.
 *
 * @throws fault when the folder holds no run, or as {@link runTraining}
 */
export async function resumeTraining(
  runFolder: string,
  surroundings: Surroundings,
): Promise<RunResult> {
  const files = runFiles(runFolder);
  if (!existsSync(files.config) || !existsSync(files.last)) {
    const missing = existsSync(files.config) ? "last.safetensors" : "config.yaml";
    throw fault(
      Error,
      `Cannot resume "${runFolder}": no ${missing} in it; name the folder of a run that wsvad train began`,
    );
  }
  const config = loadResolvedConfig(files.config, { catalog: registry });
  await cleanRunFolder(runFolder);
  const checkpoint = await readCheckpoint<TrainerState>(files.last);
  const run = await openRun(config, files, surroundings);
  try {
    await run.trainer.restore(checkpoint, `"${files.last}"`);
    await truncateLog(files.log, checkpoint.state.step);
    return await finish(run);
  } finally {
    await run.close();
  }
}

/** Refuses slots that do not fit and settings that contradict each other, before data is read. */
function requireRunnable({ runner, data }: ResolvedConfig): void {
  checkChain(modelConfig(runner, data.dim ?? USUAL_DIM, data.features === "clip"));
}

interface Run {
  config: ResolvedConfig;
  files: RunFiles;
  dataset: Dataset;
  device: Device;
  model: Model;
  trainer: Trainer;
  score: (() => Promise<{ videos: ScoredVideo[]; evaluation: Evaluation }>) | null;
  progress: Progress;
  fs?: FileSystem;
  start: number;
  close(): Promise<void>;
}

async function openRun(
  config: ResolvedConfig,
  files: RunFiles,
  { device: options, progress, fs, stop }: Surroundings,
): Promise<Run> {
  const start = performance.now();
  const dataset = await openDataset(config.data, { features: config.runner.features });
  const device = await openDevice(options);
  const aligned = config.data.features === "clip";
  const model = assemble(modelConfig(config.runner, dataset.dim, aligned), config.trainer.seed);
  const { segments } = config.data;
  if (segments !== null && segments < model.minimumSnippets) {
    throw fault(
      RangeError,
      `Cannot train ${config.runner.name}: it selects ${model.minimumSnippets} snippets of each video, found data.segments=${segments}; raise data.segments or lower runner.head.k`,
    );
  }
  const loader = new BatchLoader(dataset.train, {
    batchSize: config.data.batch_size,
    seed: config.trainer.seed,
    loop: config.trainer.loop,
    prefetch: config.data.prefetch,
  });
  const { loop, accumulate } = config.trainer;
  if (loop === "epochs" && loader.stepsPerEpoch < accumulate) {
    throw fault(
      RangeError,
      `Cannot accumulate ${accumulate} batches: an epoch has ${loader.stepsPerEpoch}; set trainer.accumulate=${loader.stepsPerEpoch} or less, or trainer.loop=steps`,
    );
  }
  const random = new RandomStream(config.trainer.seed);
  const score = dataset.test.length
    ? async () => {
      const videos = await scoreTestVideos(model, dataset.test, random);
      device.assertHealthy();
      const unboundedScores = !model.scoresInUnitRange;
      return { videos, evaluation: evaluate(videos, { ...config.eval, unboundedScores }) };
    }
    : null;
  const trainer = new Trainer({
    config,
    model,
    loader,
    device,
    files,
    evaluate: score && (async () => (await score()).evaluation),
    progress,
    metadata: {
      format: "pt",
      tool: `${tool.name} ${tool.version}`,
      runner: config.runner.name,
      [CONFIG_KEY]: dumpConfig(config),
      [DIM_KEY]: String(dataset.dim),
    },
    fs,
    stop,
  });
  return {
    config,
    files,
    dataset,
    device,
    model,
    trainer,
    score,
    progress,
    fs,
    start,
    async close() {
      trainer.dispose();
      random.dispose();
      await loader.dispose();
      model.parameters.dispose();
      await device.close();
    },
  };
}

/** Trains to the end, then evaluates the kept weights and writes result.json and report.html. */
async function finish(run: Run): Promise<RunResult> {
  const { files, trainer, model, score, dataset } = run;
  if (!await trainer.run()) {
    throw fault(
      Error,
      `Training stopped at step ${trainer.state.step} of ${trainer.totalSteps}; continue with wsvad train --resume ${files.folder}`,
    );
  }
  const { history, best } = trainer.state;
  const scored = score && await scoreBest(run, score);
  const late = lateStatistics(history.map(({ metrics }) => metrics.roc_auc));
  const last = history.at(-1) ?? null;
  const warnings = [
    ...dataset.warnings,
    ...(scored ? [alignmentWarning(scored.evaluation.alignment)] : []),
    ...(scored ? [] : ["no test videos: the last weights are kept, nothing was evaluated"]),
  ].filter((warning) => warning !== null);
  const result: RunResult = {
    runFolder: files.folder,
    report: files.report,
    steps: trainer.state.step,
    seconds: Number(((performance.now() - run.start) / 1000).toFixed(1)),
    best: scored && best !== null
      ? {
        step: history[best].step,
        metrics: scored.evaluation.metrics,
        reasons: scored.evaluation.reasons,
      }
      : null,
    last,
    late,
    warnings,
  };
  await write(run, files.result, resultText(run, result, scored?.evaluation));
  const report = reportOf({
    ...run,
    ...result,
    evaluation: scored?.evaluation ?? null,
    videos: scored?.videos ?? [],
    parameters: model.parameters.size,
    unboundedScores: !model.scoresInUnitRange,
    cropsApart: model.cropsApart,
    best: result.best && { step: result.best.step, metric: run.config.trainer.select },
    log: await readLog(files.log),
  });
  await write(run, files.report, renderRunReport(report));
  return result;
}

/** Evaluates the weights in best.safetensors. */
async function scoreBest(
  { files, model }: Run,
  score: NonNullable<Run["score"]>,
): Promise<{ videos: ScoredVideo[]; evaluation: Evaluation }> {
  const { weights } = await readWeights(files.best);
  model.parameters.assign(weights, `"${files.best}"`);
  return await score();
}

/** The whole of result.json. */
function resultText(run: Run, result: RunResult, evaluation: Evaluation | undefined): string {
  const { config, dataset, device, model, trainer } = run;
  const { runFolder: _, report: __, ...printed } = result;
  return JSON.stringify(
    {
      tool,
      runner: config.runner.name,
      paper: config.runner.paper,
      data: {
        name: dataset.name,
        provenance: dataset.provenance,
        ground_truth_rule: dataset.groundTruthRule,
        train_videos: dataset.train.length,
        test_videos: dataset.test.length,
        dim: dataset.dim,
        crops: dataset.crops,
      },
      rules: rulesOf(config, model.cropsApart),
      definitions,
      seed: config.trainer.seed,
      device: device.describe(),
      memory_peak_bytes: device.memory().peak,
      parameters: model.parameters.size,
      ...printed,
      classes: evaluation?.classes ?? [],
      alignment: evaluation?.alignment ?? null,
      history: trainer.state.history,
    },
    null,
    1,
  ) + "\n";
}

async function write({ fs }: Run, path: string, text: string): Promise<void> {
  await writeWhole(path, new TextEncoder().encode(text), { overwrite: true, fs });
}
