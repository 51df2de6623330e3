/** A run before its first step: data and device open, the model assembled. */

import { dumpConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { BatchLoader } from "../data/batches.ts";
import { heldOut } from "../data/held_out.ts";
import { recipeOfData } from "../data/feature_recipe.ts";
import { openDataset } from "../data/open_dataset.ts";
import { featureBytes, waitingBytes } from "../data/reading_budget.ts";
import { openDevice } from "../ops/open_device.ts";
import { evaluate } from "../metrics/evaluate.ts";
import { Scoring } from "../score/scoring.ts";
import { heldOutAuc } from "../score/held_out_auc.ts";
import { scoreTestVideos } from "../score/score_videos.ts";
import { fault } from "../fault.ts";
import { assemble } from "../model/assemble.ts";
import { modelConfig } from "../model/model_config.ts";
import { requireParametersFit } from "../model/parameter_sizes.ts";
import { RandomStream } from "../nn/random_stream.ts";
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
  const { train, held } = await heldOut(dataset.train, config.data.val, config.data.root);
  if (held.length > 0 && dataset.test.length === 0) {
    throw fault(
      RangeError,
      "Cannot hold out videos by data.val: nothing is evaluated without test videos; set data.test",
    );
  }
  const loader = new BatchLoader(train, {
    batchSize: config.data.batch_size,
    classes: dataset.classes.length,
    seed: config.trainer.seed,
    loop: config.trainer.loop,
    cut: config.data.pad === "batch",
    prefetch: config.data.prefetch,
    waitingBytes: waitingBytes(config.data),
  });
  const { loop, accumulate } = config.trainer;
  if (loop === "epochs" && loader.stepsPerEpoch < accumulate) {
    throw fault(
      RangeError,
      `Cannot accumulate ${accumulate} batches: an epoch has ${loader.stepsPerEpoch}; set trainer.accumulate=${loader.stepsPerEpoch}, or trainer.loop=steps`,
    );
  }
  const snippets = await requireSnippets(config, dataset, model);
  const crops = config.data.train_crops === "together" ? dataset.crops : 1;
  const classes = dataset.classes.length;
  await requireFit(model, device, config, {
    ...{ dim: dataset.dim, crops, snippets, classes },
    featureBytes: featureBytes(config.data, [...dataset.train, ...dataset.test]),
  });
  // as `wsvad eval` has it, for methods that draw noise in evaluation too
  const random = new RandomStream(0);
  const { recorder } = device;
  const scoring = new Scoring({ recorder, capture: config.trainer.capture === "auto" });
  const score = dataset.test.length
    ? async () => {
      const videos = await scoreTestVideos(model, dataset.test, random, scoring, {
        waitingBytes: waitingBytes(config.data),
        onVideo(done) {
          const doing = `evaluating ${done}/${dataset.test.length}`;
          progress.step({ step: trainer.state.step, doing });
        },
        onPart(done, told) {
          const doing = `evaluating ${done}/${dataset.test.length}: ${told.doing}`;
          progress.step({ step: trainer.state.step, ...told, doing });
        },
      });
      device.assertHealthy();
      const unboundedScores = !model.scoresInUnitRange;
      const options = { ...config.eval, unboundedScores, classes: dataset.classes };
      return { videos, evaluation: evaluate(videos, options) };
    }
    : null;
  const recipe = await recipeOfData(config.data);
  const metadata: Record<string, string> = {
    format: "pt",
    tool: `${tool.name} ${tool.version}`,
    runner: config.runner.name,
    [DEVICE_KEY]: device.name,
    [CONFIG_KEY]: dumpConfig(config),
    [DIM_KEY]: String(dataset.dim),
    ...recipe && { [RECIPE_KEY]: JSON.stringify(recipe) },
  };
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

/** Puts the weights that stay as they are beside the checkpoints to come, which name them. */
export async function keepFrozen({ model, files, metadata, fs }: Run): Promise<void> {
  Object.assign(metadata, await writeFrozen(files.folder, await model.parameters.readFrozen(), fs));
}
