/**
 * Checkpoints of other programs as models: the recipe of a method, and the weights that a file has
 * for it.
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { resolveConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import { entryAt, linkFault, readText } from "../io/read_file.ts";
import { checkChain } from "../model/chain.ts";
import { pluginOverrides } from "../model/load_plugins.ts";
import { modelConfig } from "../model/model_config.ts";
import { registry } from "../model/registry.ts";
import { channelsOf, type ForeignWeights, readForeignWeights } from "./foreign_weights.ts";
import {
  type CheckpointRequest,
  loadCheckpoint,
  type LoadedCheckpoint,
} from "./load_checkpoint.ts";
import { builtInSizes } from "../text/built_in_tower.ts";
import { BUILT_IN, IN_CHECKPOINT } from "../text/clip_settings.ts";
import type { Tensors } from "./checkpoint.ts";
import { isSisterMethod, sisterConfig } from "./sister_checkpoint.ts";

/** Where Hugging Face's libraries keep the weights of a model in its folder. */
const MODEL_FILES = ["model.safetensors", "pytorch_model.bin"];

export interface ImportRequest extends CheckpointRequest {
  /** The method whose weights the file holds. */
  runner: string;
}

export interface ImportedCheckpoint extends LoadedCheckpoint {
  foreign: ForeignWeights;
}

/**
 * A checkpoint of wsvad, or where a method is named, one of another program.
 *
 * @throws as {@link loadCheckpoint} and {@link importCheckpoint}
 */
export async function openCheckpoint(
  { runner, ...request }: CheckpointRequest & { runner?: string },
): Promise<LoadedCheckpoint> {
  return runner === undefined
    ? await loadCheckpoint(request)
    : await importCheckpoint({ runner, ...request });
}

/**
 * Reads the weights of another program's file and the recipe of the method that it is said to be.
 * Whether they fit is seen when the model takes them.
 *
 * @throws fault: a file that is not read, settings that cannot be, features of unknown width
 */
export async function importCheckpoint(request: ImportRequest): Promise<ImportedCheckpoint> {
  const path = fileOf(request.checkpoint);
  const foreign = await readForeignWeights(path, request.overrides);
  const overrides = [
    ...foreign.settings,
    ...await settingsBeside(path, request.runner),
    ...request.overrides,
    ...await pluginOverrides(request),
  ];
  const chosen = recipeOf({ ...request, overrides });
  // Before the user's own, which count.
  const settings = [...towerSettings(chosen, foreign.weights), ...overrides];
  const dim = chosen.runner.features.dim ?? channelsOf(foreign.weights) ?? chosen.data.dim;
  if (dim === null) {
    throw fault(
      RangeError,
      `Cannot import "${path}": the channels of its features are unknown; give runner.features.dim=2048 or what they are`,
    );
  }
  const config = recipeOf({ ...request, overrides: settings }, dim);
  const weights = new Map([...foreign.weights]);
  for (const { name, shape, data } of await valuesOfFiles(config, dim)) {
    if (!weights.has(name)) weights.set(name, { shape, data });
  }
  const left = foreign.dropped.map(({ name, tensors, why }) =>
    tensors === 1 ? `${name} (${why})` : `${name}: ${tensors} tensors (${why})`
  );
  return {
    path,
    config,
    dim,
    recipe: null,
    weights,
    step: null,
    warnings: foreign.notes,
    remark: left.length === 0 ? null : `left out of "${path}": ${shortList(left)}`,
    checked: Promise.resolve(),
    foreign,
  };
}

/**
 * The recipe; with the channels of its features, where they are known. Text-aligned methods saw
 * CLIP's.
 */
function recipeOf({ runner, overrides, configDirs }: ImportRequest, dim?: number): ResolvedConfig {
  const resolve = (more: string[]) =>
    resolveConfig({
      catalog: registry,
      configDirs,
      overrides: [`runner=${runner}`, ...more, ...overrides],
    });
  const known = dim === undefined ? [] : [`runner.features.dim=${dim}`];
  const { features } = resolve([]).runner;
  return resolve(features.text_aligned ? ["data.features=clip", ...known] : known);
}

/**
 * The settings of the text tower that a checkpoint holds, where no file of one is named: its
 * sizes, with heads of 64 channels as CLIP has them. The built-in tower has other heads, and is
 * known by its sizes.
 */
function towerSettings({ runner: { branch } }: ResolvedConfig, weights: Tensors): string[] {
  const { clip } = (branch ?? {}) as { clip?: string | null };
  const tokens = [...weights.keys()].find((name) => /^(\w+\.)?token_embedding\.weight$/.test(name));
  if (tokens === undefined || clip === undefined) return [];
  if (clip !== null && clip !== BUILT_IN) return [];
  const prefix = tokens.slice(0, -"token_embedding.weight".length);
  const [vocabulary, width] = weights.get(tokens)!.shape;
  const [context] = weights.get(`${prefix}positional_embedding`)?.shape ?? [];
  const blocks = [...weights.keys()].flatMap((name) =>
    name.startsWith(`${prefix}transformer.resblocks.`)
      ? Number(name.slice(prefix.length).split(".")[2]) + 1
      : []
  );
  const layers = blocks.reduce((most, count) => Math.max(most, count), 0);
  const own = builtInSizes(width);
  if (context === undefined || layers === 0 || (width === own.width && layers === own.layers)) {
    return [];
  }
  const sizes = { width, layers, heads: Math.max(1, width / 64), context, vocabulary };
  return [
    `runner.branch.clip=${IN_CHECKPOINT}`,
    ...Object.entries(sizes).map(([key, size]) => `runner.branch.tower.${key}=${size}`),
  ];
}

/** What the settings take from files of their own, which no checkpoint need hold. */
async function valuesOfFiles({ runner, data }: ResolvedConfig, dim: number) {
  const { slots } = checkChain(modelConfig(runner, data, dim));
  const values = [];
  for (const { slot, config } of slots) {
    const { dictionary, clip } = config as { dictionary?: string | null; clip?: string | null };
    // Without a file named there is none to read, and the checkpoint must hold the values.
    if (dictionary == null && (clip == null || clip === IN_CHECKPOINT)) continue;
    for (const value of await slot.readFiles?.(config) ?? []) values.push(value);
  }
  return values;
}

/** The file itself, or the one of a folder of Hugging Face's libraries. */
function fileOf(checkpoint: string): string {
  const attempted = `Cannot import "${checkpoint}"`;
  const entry = entryAt(checkpoint, attempted);
  if (entry === null) {
    throw linkFault(checkpoint, attempted) ?? fault(Error, `${attempted}: no such file or folder`);
  }
  if (!entry.isDirectory()) return checkpoint;
  const found = MODEL_FILES.map((name) => join(checkpoint, name)).find((path) =>
    entryAt(path) !== null
  );
  if (found !== undefined) return found;
  const cut = MODEL_FILES.some((name) => existsSync(join(checkpoint, `${name}.index.json`)));
  throw fault(
    Error,
    cut
      ? `${attempted}: its weights are cut into several files; save the model again with max_shard_size="10GB"`
      : `${attempted}: the folder holds neither ${MODEL_FILES.join(" nor ")}; name a file`,
  );
}

/**
 * What the config.json beside a model of Hugging Face's libraries says of its settings.
 *
 * @throws fault: no JSON, or of another method than the one named
 */
async function settingsBeside(path: string, runner: string): Promise<string[]> {
  const beside = join(dirname(path), "config.json");
  if (!MODEL_FILES.includes(basename(path)) || !existsSync(beside)) return [];
  const { method, settings } = sisterConfig(await readText(beside), beside);
  if (method === null || method === runner || !isSisterMethod(runner)) return settings;
  throw fault(
    TypeError,
    `Cannot import "${path}" as ${runner}: "${beside}" says that it is a model of ${method}; set --runner ${method}`,
  );
}

function shortList(items: string[]): string {
  const shown = items.slice(0, 3).join("; ");
  return items.length > 3 ? `${shown}; and ${items.length - 3} more` : shown;
}
