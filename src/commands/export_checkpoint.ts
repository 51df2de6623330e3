/** `wsvad export`: the weights of a run as a state dict for PyTorch. */

import { dirname, extname } from "node:path";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { encodeNpy } from "../io/npy.ts";
import type { TensorToStore } from "../io/safetensors.ts";
import { encodeTorchZip } from "../io/torch_write.ts";
import type { ModelConfig } from "../model/chain.ts";
import { modelConfig } from "../model/model_config.ts";
import { scoringOnly } from "../model/scoring_model.ts";
import { stateDictPlan } from "../model/state_dict.ts";
import type { Tensors } from "../run_folder/checkpoint.ts";
import { loadCheckpoint } from "../run_folder/load_checkpoint.ts";

export interface ExportOptions {
  /** A run folder, whose best weights are taken, or a checkpoint file. */
  checkpoint: string;
  out: string;
  overwrite: boolean;
  /** Files of --plugin: where plugins of the run are now. */
  plugins?: string[];
}

export interface ExportResult {
  path: string;
  runner: string;
  /** Tensors written, counters of batches and those that nothing reads included. */
  tensors: number;
  /** Those of them that nothing reads, which are zeros. */
  unread: number;
  /** What the official code keeps in files of its own, by the file that holds it now. */
  beside: Record<string, string>;
}

/**
 * Writes weights under the official keys, all that the official module has.
 *
 * @throws fault: no checkpoint, or a file that cannot be written
 */
export async function runExport(
  { checkpoint, out, overwrite, plugins }: ExportOptions,
): Promise<ExportResult> {
  const request = { checkpoint, overrides: [], configDirs: [], plugins };
  const { weights, config, dim } = await loadCheckpoint(request);
  const { tensors, unread, apart } = stateDictOf(
    weights,
    modelConfig(config.runner, config.data, dim),
  );
  await makeFolder(dirname(out));
  await removeStaleTemporaries(dirname(out));
  const beside: Record<string, string> = {};
  for (const [name, { shape, data }] of apart) {
    beside[name] = `${out.slice(0, -extname(out).length || undefined)}.${name}.npy`;
    await writeWhole(beside[name], encodeNpy(shape, data), { overwrite });
  }
  await writeWhole(out, await encodeTorchZip(tensors), { overwrite });
  return { path: out, runner: config.runner.name, tensors: tensors.size, unread, beside };
}

/**
 * The state dict of the official module. PyTorch's batch norms have a counter of batches each,
 * which nothing reads where momentum is set: it is 0. What no forward pass reads is 0 too, so that
 * no key is missing; these tensors share one piece of memory.
 *
 * @param config of the model; branches that evaluation does not run may be without their weights
 */
export function stateDictOf(weights: Tensors, config: ModelConfig) {
  const { apart, unread, repeated } = stateDictPlan(scoringOnly(config).scoring);
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { shape, data }] of weights) {
    if (apart.has(name)) continue;
    tensors.set(name, { dtype: "F32", shape, bytes: data });
    if (name.endsWith(".running_var")) {
      const counter = name.replace(/running_var$/, "num_batches_tracked");
      tensors.set(counter, { dtype: "I64", shape: [], bytes: new BigInt64Array(1) });
    }
  }
  const sizes = [...unread.values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  const zeros = new Float32Array(sizes.reduce((most, size) => Math.max(most, size), 0));
  for (const [name, shape] of unread) tensors.set(name, { dtype: "F32", shape, bytes: zeros });
  for (const [beginning, source] of repeated) {
    for (const [name, tensor] of [...tensors]) {
      if (name.startsWith(source)) tensors.set(beginning + name.slice(source.length), tensor);
    }
  }
  return {
    tensors,
    unread: unread.size,
    apart: [...weights].filter(([name]) => apart.has(name)),
  };
}
