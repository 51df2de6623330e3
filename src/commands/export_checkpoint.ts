/** `wsvad export`: the weights of a run as a state dict for PyTorch. */

import { dirname } from "node:path";
import { removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import type { TensorToStore } from "../io/safetensors.ts";
import { encodeTorchZip } from "../io/torch_write.ts";
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
  /** Tensors written, counters of batches included. */
  tensors: number;
}

/**
 * Writes weights under the official keys. PyTorch's batch norms have a counter of batches each,
 * which nothing reads where momentum is set: it is written as 0, so that no key is missing.
 *
 * @throws fault: no checkpoint, or a file that cannot be written
 */
export async function runExport(
  { checkpoint, out, overwrite, plugins }: ExportOptions,
): Promise<ExportResult> {
  const request = { checkpoint, overrides: [], configDirs: [], plugins };
  const { weights, config } = await loadCheckpoint(request);
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { shape, data }] of weights) {
    tensors.set(name, { dtype: "F32", shape, bytes: data });
    if (name.endsWith(".running_var")) {
      const counter = name.replace(/running_var$/, "num_batches_tracked");
      tensors.set(counter, { dtype: "I64", shape: [], bytes: new BigInt64Array(1) });
    }
  }
  await makeFolder(dirname(out));
  await removeStaleTemporaries(dirname(out));
  await writeWhole(out, await encodeTorchZip(tensors), { overwrite });
  return { path: out, runner: config.runner.name, tensors: tensors.size };
}
