/** `wsvad train`: opens data and device, trains from the start or from a checkpoint. */

import { existsSync } from "node:fs";
import {
  dumpConfig,
  loadResolvedConfig,
  parseResolvedConfig,
  sameNumbers,
} from "../config/resolve_config.ts";
import { readSettings } from "../config/groups.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { BatchLoader } from "../data/batches.ts";
import { DataNotFound } from "../data/data_paths.ts";
import { heldOut } from "../data/held_out.ts";
import { recipeOfData } from "../data/feature_recipe.ts";
import { openDataset } from "../data/open_dataset.ts";
import { featureBytes, waitingBytes } from "../data/reading_budget.ts";
import type { Dataset } from "../data/video.ts";
import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { evaluate } from "../metrics/evaluate.ts";
import type { Metrics } from "../metrics/evaluation.ts";
import { Scoring } from "../score/scoring.ts";
import { heldOutAuc } from "../score/held_out_auc.ts";
import { scoreTestVideos } from "../score/score_videos.ts";
import { fault, isFault } from "../fault.ts";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { ofBranch } from "../metrics/metric_table.ts";
import { assemble, type Model } from "../model/assemble.ts";
import { checkChain } from "../model/chain.ts";
import { modelConfig } from "../model/model_config.ts";
import { requireParametersFit } from "../model/parameter_sizes.ts";
import { loadPluginsOfRun } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import type { FileValue } from "../io/file_value.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { type Progress, warn } from "../progress.ts";
import { tool } from "../tool.ts";
import { readCheckpoint, uncheckedRemark } from "../run_folder/checkpoint.ts";
import { withLock } from "../run_folder/lock.ts";
import { FROZEN_KEY, readFrozen, writeFrozen } from "../run_folder/frozen_weights.ts";
import { CONFIG_KEY, DEVICE_KEY, DIM_KEY, RECIPE_KEY } from "../run_folder/load_checkpoint.ts";
import { requireFit } from "../train/memory_check.ts";
import { stateCopies } from "../train/optimizer.ts";
import { openingLine } from "./opening_line.ts";
import {
  clearRunFolder,
  discardBeginning,
  type RunFiles,
  runFiles,
} from "../run_folder/run_files.ts";
import { truncateLog } from "../run_folder/log.ts";
import { dataWarnings, type RunResult, trainToEnd, writeProgressReport } from "./run_result.ts";
import { Trainer } from "../train/trainer.ts";
import type { Run, Scored } from "./opened_run.ts";
import { writeRunFacts } from "./run_facts.ts";

export interface Surroundings {
  device: DeviceOptions;
  progress: Progress;
  /** Files through another layer, for tests of full disks. */
  fs?: FileSystem;
  /** Stops the run after the step it is in, with a checkpoint. */
  stop?: AbortSignal;
  /** Told of each evaluation but the last; `stop` that is given then is heeded at this step. */
  onEvaluated?: (step: number, metrics: Metrics) => void;
}

export interface TrainingRequest extends Surroundings {
  config: ResolvedConfig;
  /** Exists already; empty unless `overwrite`. */
  runFolder: string;
  overwrite: boolean;
}

/** Features whose size the configuration leaves open are checked as if they were I3D's. */
const USUAL_DIM = 2048;

/**
 * Trains from the start.
 *
 * @throws fault: slots that do not fit, data that cannot be used, what does not fit into memory, a
 *   loss that is not finite, a file that cannot be written, another process that writes the folder
 */
export async function runTraining(request: TrainingRequest): Promise<RunResult> {
  return await withLock(request.runFolder, () => trainFromStart(request));
}

async function trainFromStart(request: TrainingRequest): Promise<RunResult> {
  const files = runFiles(request.runFolder);
  const text = new TextEncoder().encode(dumpConfig(request.config));
  const fileValues = await requireRunnable(request.config);
  const run = await openRun(request.config, files, request);
  try {
    for (const value of fileValues) run.model.parameters.place(value);
    if (request.overwrite) await clearRunFolder(files, request.fs);
    await writeWhole(files.config, text, { overwrite: request.overwrite, fs: request.fs });
    await keepFrozen(run);
    await truncateLog(files.log, -1, request.fs);
    await writeRunFacts(run);
    tellOpening(run);
    return await trainToEnd(run);
  } catch (error) {
    if (run.trainer.state.step === 0) await discardBeginning(files, request.fs);
    throw error;
  } finally {
    await run.close();
  }
}

/** How a run goes on. */
export interface Resumption extends Surroundings {
  /** Settings that say where the data lie now. */
  overrides?: string[];
  /** Files of --plugin: where plugins of the run are now. */
  plugins?: string[];
}

/**
 * Continues a run from its last checkpoint, bit for bit, with `overrides` that say where the data
 * lie now; one that was killed before its first checkpoint begins again. A run that is complete has
 * its result and report written again.
 *
 * @throws fault when the folder holds no run, or as {@link runTraining}
 */
export async function resumeTraining(
  runFolder: string,
  surroundings: Resumption,
): Promise<RunResult> {
  const files = runFiles(runFolder);
  const began = existsSync(files.last);
  // Weights alone are somebody's own: a run that began over them would replace them.
  if (!existsSync(files.config) || (!began && existsSync(files.best))) {
    const missing = existsSync(files.config) ? "last.safetensors" : "config.yaml";
    throw fault(
      Error,
      `Cannot resume "${runFolder}": no ${missing} in it; name the folder of a run that wsvad train began`,
    );
  }
  return await withLock(runFolder, () => continueRun(files, surroundings));
}

async function continueRun(
  files: RunFiles,
  surroundings: Resumption,
): Promise<RunResult> {
  const { overrides } = surroundings;
  await loadPluginsOfRun(readSettings(files.config), files.config, surroundings);
  const config = loadResolvedConfig(files.config, { catalog: registry, overrides });
  await removeStaleTemporaries(files.folder, surroundings.fs);
  const checkpoint = existsSync(files.last) ? await readCheckpoint(files.last) : null;
  const run = await openMoved(() => openRun(config, files, surroundings), files);
  try {
    if (checkpoint) {
      const frozen = await readFrozen(files.last, checkpoint.metadata);
      const weights = new Map([...checkpoint.weights, ...frozen]);
      const { [FROZEN_KEY]: hash } = checkpoint.metadata;
      if (hash !== undefined) run.metadata[FROZEN_KEY] = hash;
      // The features may have moved away from their record.
      const { [RECIPE_KEY]: recipe = run.metadata[RECIPE_KEY] } = checkpoint.metadata;
      if (recipe !== undefined) run.metadata[RECIPE_KEY] = recipe;
      const planned = plannedBy(checkpoint.metadata);
      await run.trainer.restore({ ...checkpoint, weights }, `"${files.last}"`, planned);
      run.warnings.push(...changesSince(checkpoint.metadata, run));
      const remark = uncheckedRemark(files.last, checkpoint.metadata);
      if (remark !== null) run.progress.note(remark);
    } else {
      for (const value of await requireRunnable(config)) run.model.parameters.place(value);
      await keepFrozen(run);
    }
    const { lines, warnings } = await truncateLog(
      files.log,
      run.trainer.state.step,
      surroundings.fs,
    );
    run.warnings.push(...warnings);
    run.secondsBefore = lines.reduce((sum, { seconds }) => sum + seconds, 0);
    await writeRunFacts(run);
    tellOpening(run);
    return await trainToEnd(run);
  } finally {
    await run.close();
  }
}

/**
 * The training settings of the run that wrote a checkpoint; null where this version cannot read
 * them.
 */
function plannedBy(metadata: Record<string, string>): ResolvedConfig["trainer"] | null {
  try {
    return parseResolvedConfig(metadata[CONFIG_KEY] ?? "", "", { catalog: registry }).trainer;
  } catch (error) {
    if (!isFault(error)) throw error;
    return null;
  }
}

/** Opens a run whose data may have moved since it began. */
async function openMoved(open: () => Promise<Run>, { folder, config }: RunFiles): Promise<Run> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DataNotFound)) throw error;
    throw fault(
      DataNotFound,
      `${error.message}; to go on, wsvad train --resume ${folder} data.root=DIR, or edit the paths under data: in "${config}"`,
      { cause: error },
    );
  }
}

/** Tells what begins, once nothing stands against it. */
function tellOpening(run: Run): void {
  const { progress, device, dataset, warnings } = run;
  progress.note(openingLine(run));
  if (device.remark !== undefined) progress.note(device.remark);
  for (const note of dataset.notes) progress.note(note);
  for (const warning of [...dataWarnings(dataset), ...warnings]) warn(progress, warning);
}

/** Puts the weights that stay as they are beside the checkpoints to come, which name them. */
async function keepFrozen({ model, files, metadata, fs }: Run): Promise<void> {
  Object.assign(metadata, await writeFrozen(files.folder, await model.parameters.readFrozen(), fs));
}

/** What is no longer as the checkpoint knew it, and makes other numbers. */
function changesSince(metadata: Record<string, string>, { metadata: now, trainer }: Run): string[] {
  const changes: string[] = [];
  const from = `from step ${trainer.state.step} on`;
  if (metadata[DEVICE_KEY] !== now[DEVICE_KEY]) {
    changes.push(
      `the run was on ${metadata[DEVICE_KEY]}, ${from} it is on ${
        now[DEVICE_KEY]
      }: numbers may differ in their last bits from those of an uninterrupted run`,
    );
  }
  if (metadata.tool !== now.tool) {
    changes.push(
      `the run was made by ${metadata.tool ?? "an unnamed tool"}, ${from} by ${now.tool}: ` +
        "numbers may differ from those of an uninterrupted run",
    );
  }
  if (!sameNumbers(metadata[CONFIG_KEY] ?? "", now[CONFIG_KEY])) {
    changes.push(`config.yaml is not that of the checkpoint: ${from} the run follows config.yaml`);
  }
  return changes;
}

/**
 * Refuses slots that do not fit and settings that contradict each other, before data is read.
 *
 * @returns what the slots take from files
 */
async function requireRunnable(
  { runner, data, trainer }: ResolvedConfig,
): Promise<FileValue[]> {
  const { slots, ports } = checkChain(modelConfig(runner, data, data.dim ?? USUAL_DIM));
  if (trainer.select !== "last" && ofBranch(trainer.select) && !ports.has("class_logits")) {
    throw fault(
      RangeError,
      `Cannot select weights by ${trainer.select}: ${runner.name} has no text branch that classifies snippets; set trainer.select=roc_auc`,
    );
  }
  if (trainer.select === "val_auc" && data.val === null) {
    throw fault(
      RangeError,
      "Cannot select weights by val_auc: no training videos are held out; set data.val=0.1",
    );
  }
  const values: FileValue[] = [];
  for (const { slot, config } of slots) values.push(...await slot.readFiles?.(config) ?? []);
  return values;
}

/** Snippets of the training videos; the method needs enough to select from. */
async function requireSnippets(
  { data: { segments }, runner }: ResolvedConfig,
  { train: [first] }: Dataset,
  { minimumSnippets }: Model,
): Promise<number> {
  const snippets = segments ?? (await first.load()).snippets;
  if (snippets >= minimumSnippets) return snippets;
  const [found, mend] = segments === null
    ? [`"${first.id}" has ${snippets}`, `data.segments=32`]
    : [`data.segments=${segments}`, "a larger data.segments"];
  throw fault(
    RangeError,
    `Cannot train ${runner.name}: it selects ${minimumSnippets} snippets of each training video, found ${found}; set ${mend} or a smaller runner.head.k`,
  );
}

async function openRun(
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
