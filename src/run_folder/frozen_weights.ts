/**
 * The weights of a run that training leaves as they are, such as those of CLIP's text tower: they
 * lie once in its folder, in `frozen.safetensors`, and every checkpoint names them by the sha256 of
 * that file.
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { float32Of, openSafetensors, safetensorsPieces } from "../io/safetensors.ts";
import { digestOf, type OpenedWeights, stored, type Tensors } from "./checkpoint.ts";
import { type CheckedBytes, type CheckedReadingOptions, readChecked } from "./checked_reading.ts";

export const FROZEN_FILE = "frozen.safetensors";

/** Metadata of a checkpoint: the sha256 of the file with the rest of its weights. */
export const FROZEN_KEY = "wsvad.frozen";

/**
 * Writes frozen weights beside the checkpoints to come.
 *
 * @returns metadata for these: empty where nothing is frozen, and then no file is written
 */
export async function writeFrozen(
  folder: string,
  weights: Tensors,
  fs?: FileSystem,
): Promise<Record<string, string>> {
  if (weights.size === 0) return {};
  const pieces = safetensorsPieces(stored(weights), { format: "pt" });
  await writeWhole(join(folder, FROZEN_FILE), pieces, { overwrite: true, fs });
  return { [FROZEN_KEY]: digestOf(pieces) };
}

/**
 * The frozen weights that belong to a checkpoint; none where it names none.
 *
 * @param path of the checkpoint, beside which they lie
 * @throws fault: the file is missing, or is another than the checkpoint was written with
 */
export async function readFrozen(
  path: string,
  metadata: Record<string, string>,
): Promise<Tensors> {
  const { weights, checked } = await openFrozen(path, metadata);
  await checked;
  return await weights;
}

/**
 * As {@link readFrozen}, but the values are read, and the file is checked, while the caller goes
 * on.
 */
export async function openFrozen(
  path: string,
  metadata: Record<string, string>,
  options: Pick<CheckedReadingOptions, "memory"> = {},
): Promise<Pick<OpenedWeights, "weights" | "checked">> {
  const expected = metadata[FROZEN_KEY];
  if (expected === undefined) {
    return { weights: Promise.resolve(new Map()), checked: Promise.resolve() };
  }
  const file = join(dirname(path), FROZEN_FILE);
  if (!existsSync(file)) {
    throw fault(
      Error,
      `Cannot use "${path}": the weights that its training did not change lie in ${FROZEN_FILE} of the run's folder, and there is no "${file}"; copy it from there`,
    );
  }
  const refused = () =>
    fault(
      TypeError,
      `Cannot use "${path}": "${file}" is not the file that it was written with (its sha256 is another); copy the ${FROZEN_FILE} of the run's folder beside it`,
    );
  const opened = await openSafetensors(file).catch((error) => {
    throw error instanceof SyntaxError ? refused() : error;
  });
  const { tensors, checked } = await readChecked(opened, {
    ...options,
    expected: { bytes: wholeOf(opened.file.size), digest: expected, refused },
  });
  const weights = tensors.then((read) =>
    new Map(
      [...read].map(([name, tensor]) => [name, { shape: tensor.shape, data: float32Of(tensor) }]),
    )
  );
  weights.catch(() => {}); // it may fail before somebody waits for it
  return { weights, checked };
}

function wholeOf(size: number): CheckedBytes {
  return { head: new Uint8Array(), stretches: [[0, size]] };
}
