/** A run before its first step: data and device open, the model assembled. */

import { dumpConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { BatchLoader } from "../data/batches.ts";
import { heldOut } from "../data/held_out.ts";
import { recipeOfData } from "../data/feature_recipe.ts";
import { openDataset } from "../data/open_dataset.ts";
import type { Dataset, Video } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import { featureBytes, waitingBytes } from "../data/reading_budget.ts";
import { openDevice } from "../ops/open_device.ts";
import { evaluate } from "../metrics/evaluate.ts";
import type { Told } from "../score/long_videos.ts";
import { Scoring } from "../score/scoring.ts";
import { heldOutAuc } from "../score/held_out_auc.ts";
import { scoreTestVideos } from "../score/score_videos.ts";
import { fault } from "../fault.ts";
import { assemble, type Model } from "../model/assemble.ts";
import { modelConfig } from "../model/model_config.ts";
import { requireParametersFit } from "../model/parameter_sizes.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { tellSlow } from "../progress.ts";
import { tool } from "../tool.ts";
import { writeFrozen } from "../run_folder/frozen_weights.ts";
import { CONFIG_KEY, DEVICE_KEY, DIM_KEY, RECIPE_KEY } from "../run_folder/load_checkpoint.ts";
import { requireFit } from "../train/memory_check.ts";
import { stateCopies } from "../train/optimizer.ts";
import type { RunFiles } from "../run_folder/run_files.ts";
import { writeProgressReport } from "./run_result.ts";
import { Trainer } from "../train/trainer.ts";
import type { Run, Scored, Surroundings } from "./opened_run.ts";
import { requireSnippets } from "./training_requirements.ts";

/**
 * Opens data and device and assembles the model; nothing is written yet.
 *
 * @throws fault: data that cannot be used, what does not fit into memory
 */
export async function openRun(
  config: ResolvedConfig,
  files: RunFiles,
  { device: options, progress, fs, stop, onEvaluated }: Surroundings,
): Promise<Run> {
  const start = performance.now();
  const dataset = await openDataset(config.data, {
    features: config.runner.features,
    evaluation: config.eval,
    tell: tellSlow(progress),
  });
  if (dataset.train.length === 0) {
    throw fault(RangeError, "Cannot train: the data has no training videos; set data.train");
  }
  const threads = options.threads ?? config.trainer.threads ?? undefined;
  const device = await openDevice({ ...options, threads });
  try {
    return await assembleRun({
      config,
      files,
      dataset,
      device,
      start,
      progress,
      fs,
      stop,
      onEvaluated,
    });
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function assembleRun(
  { config, files, dataset, device, start, progress, fs, stop, onEvaluated }:
    & Pick<Run, "config" | "files" | "dataset" | "device" | "start">
    & Omit<Surroundings, "device">,
): Promise<Run> {
  const built = modelConfig(config.runner, config.data, dataset.dim);
  const copies = 1 + stateCopies(config.runner); // the gradient's too
  requireParametersFit(built, { ...device.use(), copies, owner: device.name }, config.runner.name);
  const model = assemble(built, config.trainer.seed);
  const { loader, held } = await openLoader(config, dataset);
  await requireStepFits(model, device, config, dataset);
  // as `wsvad eval` has it, for methods that draw noise in evaluation too
  const random = new RandomStream(0);
  const { recorder } = device;
  const scoring = new Scoring({ recorder, capture: config.trainer.capture === "auto" });
  const score = dataset.test.length
    ? () => {
      const onDoing = (told: Told) => progress.step({ step: trainer.state.step, ...told });
      return scoreTest({ config, dataset, device, model }, random, scoring, onDoing);
    }
    : null;
  const metadata = await metadataOf(config, dataset, device);
  let lastScored: Scored | null = null;
  const trainer: Trainer = new Trainer({
    config,
    model,
    loader,
    device,
    files,
    evaluate: score && (async () => {
      lastScored = await score();
      const { evaluation } = lastScored;
      if (held.length === 0) return evaluation;
      const options = { scoring, random, waitingBytes: waitingBytes(config.data) };
      const auc = await heldOutAuc(model, held, options);
      return { ...evaluation, metrics: { ...evaluation.metrics, val_auc: auc } };
    }),
    onEvaluated: async () => {
      const { step, metrics } = trainer.state.history.at(-1)!;
      onEvaluated?.(step, metrics);
      await writeProgressReport(run, true);
    },
    progress,
    metadata,
    fs,
    stop,
  });
  const run: Run = {
    config,
    files,
    dataset,
    device,
    model,
    trainer,
    score,
    lastScored: () => lastScored,
    progress,
    fs,
    metadata,
    warnings: [],
    start,
    secondsBefore: 0,
    async close() {
      trainer.dispose();
      scoring[Symbol.dispose]();
      random.dispose();
      await loader.dispose();
      model.parameters.dispose();
      await device.close();
    },
  };
  return run;
}

/** The batches of a training, and the videos of data.val that are held out of it. */
async function openLoader(
  { data, trainer }: ResolvedConfig,
  dataset: Dataset,
): Promise<{ loader: BatchLoader; held: Video[] }> {
  const { train, held } = await heldOut(dataset.train, data.val, data.root);
  if (held.length > 0 && dataset.test.length === 0) {
    throw fault(
      RangeError,
      "Cannot hold out videos by data.val: nothing is evaluated without test videos; set data.test",
    );
  }
  const loader = new BatchLoader(train, {
    batchSize: data.batch_size,
    classes: dataset.classes.length,
    seed: trainer.seed,
    loop: trainer.loop,
    cut: data.pad === "batch",
    prefetch: data.prefetch,
    waitingBytes: waitingBytes(data),
  });
  const { loop, accumulate } = trainer;
  if (loop === "epochs" && loader.stepsPerEpoch < accumulate) {
    throw fault(
      RangeError,
      `Cannot accumulate ${accumulate} batches: an epoch has ${loader.stepsPerEpoch}; set trainer.accumulate=${loader.stepsPerEpoch}, or trainer.loop=steps`,
    );
  }
  return { loader, held };
}

/** @throws fault: videos too short for the method, a step that does not fit into memory */
async function requireStepFits(
  model: Model,
  device: Device,
  config: ResolvedConfig,
  dataset: Dataset,
): Promise<void> {
  const { data } = config, { dim, train, test } = dataset;
  await requireFit(model, device, config, {
    ...{ dim, snippets: await requireSnippets(config, dataset, model) },
    crops: data.train_crops === "together" ? dataset.crops : 1,
    classes: dataset.classes.length,
    featureBytes: featureBytes(data, [...train, ...test]),
  });
}

/** Scores the test videos with the weights as they are now, and evaluates them. */
async function scoreTest(
  { config, dataset, device, model }: Pick<Run, "config" | "dataset" | "device" | "model">,
  random: RandomStream,
  scoring: Scoring,
  onDoing: (told: Told) => void,
): Promise<Scored> {
  const doing = (done: number) => `evaluating ${done}/${dataset.test.length}`;
  const videos = await scoreTestVideos(model, dataset.test, random, scoring, {
    waitingBytes: waitingBytes(config.data),
    onVideo: (done) => onDoing({ doing: doing(done) }),
    onPart: (done, told) => onDoing({ ...told, doing: `${doing(done)}: ${told.doing}` }),
  });
  device.assertHealthy();
  const unboundedScores = !model.scoresInUnitRange;
  const options = { ...config.eval, unboundedScores, classes: dataset.classes };
  return { videos, evaluation: evaluate(videos, options) };
}

/** What every checkpoint says beside its values. */
async function metadataOf(
  config: ResolvedConfig,
  dataset: Dataset,
  device: Device,
): Promise<Record<string, string>> {
  const recipe = await recipeOfData(config.data);
  return {
    format: "pt",
    tool: `${tool.name} ${tool.version}`,
    runner: config.runner.name,
    [DEVICE_KEY]: device.name,
    [CONFIG_KEY]: dumpConfig(config),
    [DIM_KEY]: String(dataset.dim),
    ...recipe && { [RECIPE_KEY]: JSON.stringify(recipe) },
  };
}

/** Puts the weights that stay as they are beside the checkpoints to come, which name them. */
export async function keepFrozen({ model, files, metadata, fs }: Run): Promise<void> {
  Object.assign(metadata, await writeFrozen(files.folder, await model.parameters.readFrozen(), fs));
}
