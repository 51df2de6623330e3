/** From a run folder or a checkpoint file to a model that can score. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  dumpConfig,
  loadResolvedConfig,
  parseResolvedConfig,
  sameNumbers,
} from "../config/resolve_config.ts";
import { readSettings } from "../config/groups.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { type FeatureRecipe, parseRecipe } from "../data/feature_recipe.ts";
import { fault, isFault } from "../fault.ts";
import { openTensorFile } from "../io/open_tensor_file.ts";
import { entryAt, linkFault } from "../io/read_file.ts";
import { assemble, type Model } from "../model/assemble.ts";
import { modelConfig } from "../model/model_config.ts";
import { requireParametersFit } from "../model/parameter_sizes.ts";
import { scoringOnly } from "../model/scoring_model.ts";
import { loadPluginsOfRun } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { damageFirst, openWeights, type Tensors, uncheckedRemark } from "./checkpoint.ts";
import type { Memory } from "./checked_reading.ts";
import { openFrozen } from "./frozen_weights.ts";
import { runFiles } from "./run_files.ts";

/**
 * Metadata keys of a checkpoint: the resolved configuration, the channels of the features, the
 * device.
 */
export const CONFIG_KEY = "wsvad.config";
export const DIM_KEY = "wsvad.dim";
export const DEVICE_KEY = "wsvad.device";
/** How the features were made, where wsvad made them. */
export const RECIPE_KEY = "wsvad.features";

/**
 * Settings that make so many times what a file holds, and more than a few, are none of that file.
 */
const SURELY_OTHER = 4;
const FEW_PARAMETERS = 1 << 24;

export interface LoadedCheckpoint {
  /** The file that was read. */
  path: string;
  config: ResolvedConfig;
  /** Channels of the features that the model was trained on. */
  dim: number;
  /** How its features were made; null where that is not known. */
  recipe: FeatureRecipe | null;
  /** Where they were read to a device's memory, a model that is made of them takes that over. */
  weights: Tensors;
  /** The step of the weights, where the checkpoint says so. */
  step: number | null;
  /** What differs from the checkpoint and makes other numbers. */
  warnings: string[];
  /** What else to tell of the file; null where there is nothing. */
  remark: string | null;
  /** Throws where the file has changed since wsvad wrote it; see `checkLater`. */
  checked: Promise<void>;
}

export interface CheckpointRequest {
  /**
   * A run folder, whose best weights are taken (the last ones where none were evaluated), or a
   * file.
   */
  checkpoint: string;
  overrides: string[];
  configDirs: string[];
  /** Files of --plugin: where plugins of the run are now, and further ones. */
  plugins?: string[];
  /**
   * Whether the file is still being checked when the weights are there: nothing that was computed
   * by them may be told before `checked` is over.
   */
  checkLater?: boolean;
  /** Where the values of a large file are read to, asked for when they are; absent: new memory. */
  memory?: () => Promise<Memory>;
}

/**
 * Reads weights and the configuration that they were trained with.
 *
 * @throws fault when there is no checkpoint, or it does not say how it was made
 */
export async function loadCheckpoint(request: CheckpointRequest): Promise<LoadedCheckpoint> {
  const path = weightsFile(request.checkpoint);
  const { memory } = request;
  const { metadata, ...own } = await openWeights(path, { memory });
  const loaded = await damageFirst(own.checked, async () => {
    const { needsFrozen, ...settings } = await settingsOf(path, metadata, request);
    const frozen = needsFrozen ? await openFrozen(path, metadata, { memory }) : null;
    const weights = new Map([...await own.weights, ...await frozen?.weights ?? []]);
    const checked = Promise.all([own.checked, frozen?.checked]).then(() => {});
    checked.catch(() => {}); // it may fail before somebody waits for it
    return { ...settings, weights, checked };
  });
  if (!request.checkLater) await loaded.checked;
  return loaded;
}

/** The configuration that weights were trained with, and whether scores need the frozen ones. */
async function settingsOf(
  path: string,
  metadata: Record<string, string>,
  request: CheckpointRequest,
): Promise<Omit<LoadedCheckpoint, "weights" | "checked"> & { needsFrozen: boolean }> {
  const options = {
    catalog: registry,
    overrides: request.overrides,
    configDirs: request.configDirs,
  };
  const beside = join(request.checkpoint, "config.yaml");
  const text = metadata[CONFIG_KEY];
  if (text === undefined && !existsSync(beside)) {
    throw fault(
      TypeError,
      `Cannot use "${path}": it does not say which model it holds; add --runner NAME, or take it over by wsvad import --runner NAME ${path}`,
    );
  }
  const remark = uncheckedRemark(path, metadata);
  const [source, name] = existsSync(beside)
    ? [readSettings(beside), beside]
    : [text, `configuration in ${path}`];
  await loadPluginsOfRun(source, name, request);
  const config = parseResolvedConfig(source, name, options);
  const dim = config.runner.features.dim ?? config.data.dim ?? Number(metadata[DIM_KEY]);
  if (!Number.isInteger(dim)) {
    throw fault(
      RangeError,
      `Cannot use "${path}": the channels of its features are unknown; give runner.features.dim=2048 or what they are`,
    );
  }
  const step = /^\d+$/.test(metadata.step ?? "") ? Number(metadata.step) : null;
  const warnings = text !== undefined && source !== text && differs(beside, text)
    ? [`"${beside}" is not the configuration of "${path}": scores follow ${beside}`]
    : [];
  // A branch that scores do without takes its frozen weights with it.
  const { scoring, unused } = scoringOnly(modelConfig(config.runner, config.data, dim));
  const needsFrozen = unused.length === 0 || Boolean(scoring.branches?.length);
  const recipe = metadata[RECIPE_KEY] === undefined
    ? null
    : parseRecipe(metadata[RECIPE_KEY], `features in "${path}"`);
  return { path, config, dim, recipe, step, warnings, remark, needsFrozen };
}

/**
 * The method that a file of tensors says it holds, as checkpoints of a run and of `wsvad import`
 * do; null where it says none.
 *
 * @throws fault: no file of tensors
 */
export async function methodOf(path: string): Promise<string | null> {
  if (statSync(path).isDirectory()) return null;
  using file = await openTensorFile(path);
  const text = file.plain.get(CONFIG_KEY);
  if (typeof text !== "string") return null;
  return parseResolvedConfig(text, `configuration in ${path}`, { catalog: registry }).runner.name;
}

/** Whether the file says something else than the checkpoint of how scores are made. */
function differs(file: string, text: string): boolean {
  const now = loadResolvedConfig(file, { catalog: registry });
  try {
    const { runner, data, eval: evaluation } = parseResolvedConfig(text, "", { catalog: registry });
    // How long it is trained does not matter to trained weights.
    const then = { ...now, runner, data, eval: evaluation };
    return !sameNumbers(dumpConfig(then), dumpConfig(now));
  } catch (error) {
    if (!isFault(error)) throw error;
    return true; // of a version with other settings
  }
}

/** `weights of step 40 in runs/mil-synthetic-seed0/best.safetensors`. */
export function weightsText({ path, step }: Pick<LoadedCheckpoint, "path" | "step">): string {
  return step === null ? `weights in ${path}` : `weights of step ${step} in ${path}`;
}

/** The model of a checkpoint as far as scores need it, with its weights. */
export function modelOf({ path, config, dim, weights }: LoadedCheckpoint): Model {
  const { scoring, unused } = scoringOnly(modelConfig(config.runner, config.data, dim));
  const bytes = weights.values().reduce((sum, { data }) => sum + data.byteLength, 0);
  const limit = FEW_PARAMETERS + SURELY_OTHER * bytes;
  const room = { limit, largestTensor: limit, copies: 0, owner: `"${path}"` };
  requireParametersFit(scoring, room, config.runner.name);
  const model = assemble(scoring, weights);
  for (const beginning of unused) model.parameters.addUnused(beginning);
  model.parameters.requireGiven(`"${path}"`);
  return model;
}

function weightsFile(checkpoint: string): string {
  const entry = entryAt(checkpoint);
  if (entry === null) {
    throw linkFault(checkpoint, `Cannot read checkpoint "${checkpoint}"`) ?? fault(
      Error,
      `Cannot read checkpoint "${checkpoint}": no such file or folder; wsvad train writes run folders under runs/`,
    );
  }
  if (!entry.isDirectory()) return checkpoint;
  const { best, last } = runFiles(checkpoint);
  const found = [best, last].find((path) => entryAt(path) !== null);
  if (!found) {
    throw fault(
      Error,
      `Cannot read checkpoint "${checkpoint}": the folder holds neither best.safetensors nor last.safetensors; name a run folder of wsvad train`,
    );
  }
  return found;
}
