/**
 * `wsvad import`: a checkpoint of another program as one of ours, every key and shape of it
 * accounted for.
 */

import { dirname, extname } from "node:path";
import { dumpConfig } from "../config/resolve_config.ts";
import { removeStaleTemporaries } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { assemble } from "../model/assemble.ts";
import { modelConfig } from "../model/model_config.ts";
import { scoringOnly } from "../model/scoring_model.ts";
import { stateDictPlan } from "../model/state_dict.ts";
import { openDevice } from "../ops/open_device.ts";
import { writeWeights } from "../run_folder/checkpoint.ts";
import type { Dropped } from "../run_folder/foreign_weights.ts";
import { importCheckpoint, type ImportRequest } from "../run_folder/import_checkpoint.ts";
import { CONFIG_KEY, DIM_KEY } from "../run_folder/load_checkpoint.ts";

export interface ImportOptions extends ImportRequest {
  /**
   * File to write; absent: the checkpoint's path, with the method and .safetensors as its ending.
   */
  out?: string;
  overwrite: boolean;
}

export interface ImportResult {
  path: string;
  runner: string;
  /** As in "a PyTorch file". */
  kind: string;
  /** Parameters and buffers taken, and the numbers in them. */
  tensors: number;
  numbers: number;
  /** Channels of the features. */
  dim: number;
  dropped: Dropped[];
  notes: string[];
}

/**
 * Imports a checkpoint and writes it with the recipe in it.
 *
 * @throws fault: a file that is not read, keys or shapes that are not the method's, a file that
 *     exists
 */
export async function runImport(options: ImportOptions): Promise<ImportResult> {
  const loaded = await importCheckpoint(options);
  const { config, dim, foreign } = loaded;
  const out = options.out ??
    `${
      loaded.path.slice(0, -extname(loaded.path).length || undefined)
    }.${config.runner.name}.safetensors`;
  const device = await openDevice({ device: "cpu", blas: "off", threads: 1 }, false);
  try {
    const whole = modelConfig(config.runner, config.data, dim);
    const { parameters } = assemble(whole, null);
    // What training alone reads, and keeps as it was given, official checkpoints need not hold.
    const scoring = stateDictPlan(scoringOnly(whole).scoring).parameters;
    const spared = parameters.all().filter(({ name, frozen }) => frozen && !scoring.has(name))
      .map(({ name }) => name).filter((name) => !loaded.weights.has(name));
    parameters.assign(loaded.weights, `"${loaded.path}"`, new Set(spared));
    const weights = await parameters.read();
    for (const name of spared) weights.delete(name);
    const unused = [...foreign.weights.keys()].filter((name) => !parameters.has(name));
    const dropped = [
      ...foreign.dropped,
      ...unused.map((name) => ({
        name,
        tensors: 1,
        why: "in the official code, but never read by it",
      })),
    ];
    await makeFolder(dirname(out));
    await removeStaleTemporaries(dirname(out));
    const metadata = { format: "pt", [CONFIG_KEY]: dumpConfig(config), [DIM_KEY]: String(dim) };
    await writeWeights(out, weights, metadata, undefined, options.overwrite);
    const numbers = weights.values().reduce((sum, { data }) => sum + data.length, 0);
    const result = { path: out, runner: config.runner.name, kind: foreign.kind, dim, dropped };
    return { ...result, tensors: weights.size, numbers, notes: foreign.notes };
  } finally {
    await device.close();
  }
}
