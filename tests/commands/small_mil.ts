/** Weights of a small mil as files of other programs. */

import { join } from "node:path";
import { type ImportOptions, runImport } from "../../src/commands/import_checkpoint.ts";
import type { TensorToStore } from "../../src/io/safetensors.ts";
import { encodeTorchZip } from "../../src/io/torch_write.ts";

export const DIM = 8;
export const SIZES = ["runner.head.hidden=[4,3]"];

/** Weights of a small mil under the official names. */
export const MIL = new Map([
  ["fc1.weight", tensor([4, DIM], 1)],
  ["fc1.bias", tensor([4], 2)],
  ["fc2.weight", tensor([3, 4], 3)],
  ["fc2.bias", tensor([3], 4)],
  ["fc3.weight", tensor([1, 3], 5)],
  ["fc3.bias", tensor([1], 6)],
]);

export function tensor(shape: number[], seed: number) {
  const count = shape.reduce((a, b) => a * b, 1);
  const bytes = Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i));
  return { dtype: "F32" as const, shape, bytes };
}

/** Writes the tensors as a PyTorch file and imports it. */
export async function imported(
  folder: string,
  tensors: Map<string, TensorToStore>,
  options: Partial<ImportOptions> = {},
) {
  const checkpoint = join(folder, "weights.pth");
  Deno.writeFileSync(checkpoint, await encodeTorchZip(tensors));
  return await importFile(checkpoint, options);
}

export function importFile(checkpoint: string, options: Partial<ImportOptions> = {}) {
  return runImport({
    checkpoint,
    runner: "mil",
    overrides: SIZES,
    configDirs: [],
    overwrite: true,
    ...options,
  });
}
