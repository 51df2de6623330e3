/**
 * Checkpoints as safetensors files. `best.safetensors` holds the weights under the official key
 * names, but for those that stay as they were (frozen_weights.ts); `last.safetensors` adds the
 * optimiser's state ("optimizer/<state>/<parameter>") and, in its metadata, everything else that a
 * bit-exact resume needs. No clock and no path goes in: the same run gives the same bytes.
 */

import { createHash } from "node:crypto";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { inForm } from "../io/json_form.ts";
import {
  float32Of,
  openSafetensors,
  safetensorsOrder,
  safetensorsPieces,
  type TensorToStore,
} from "../io/safetensors.ts";
import { type CheckedReading, type CheckedReadingOptions, readChecked } from "./checked_reading.ts";
import { type TrainerState, trainerStateSchema } from "./trainer_state.ts";

export type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

const OPTIMIZER = "optimizer/";
export const STATE_KEY = "wsvad.state";

/** Metadata: sha256 of the file's bytes as they would be without this entry. */
const DIGEST_KEY = "wsvad.sha256";

export interface Checkpoint {
  weights: Tensors;
  optimizer: Tensors;
  state: TrainerState;
}

/** Writes weights alone, for `eval` and `score` and for other programs. */
export async function writeWeights(
  path: string,
  weights: Tensors,
  metadata: Record<string, string>,
  fs?: FileSystem,
  overwrite = true,
): Promise<void> {
  await writeWhole(path, withDigest(stored(weights), metadata), { overwrite, fs });
}

/** Writes weights, optimiser state and the trainer's own state. */
export async function writeCheckpoint(
  path: string,
  { weights, optimizer, state }: Checkpoint,
  metadata: Record<string, string>,
  fs?: FileSystem,
): Promise<void> {
  const prefixed = [...optimizer].map(([name, value]) => [OPTIMIZER + name, value] as const);
  const tensors = stored(new Map([...weights, ...prefixed]));
  const all = { ...metadata, [STATE_KEY]: JSON.stringify(state) };
  await writeWhole(path, withDigest(tensors, all), { overwrite: true, fs });
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 *
 * @throws fault when the file is no such checkpoint
 */
export async function readCheckpoint(
  path: string,
): Promise<Checkpoint & { metadata: Record<string, string> }> {
  const { tensors, checked, metadata } = await openChecked(path);
  await checked;
  const state = stateOf(metadata[STATE_KEY], path);
  if (state === null) {
    throw fault(
      TypeError,
      `Cannot resume from "${path}": it holds weights but no training state; resume from the last.safetensors of a run`,
    );
  }
  const weights: Tensors = new Map(), optimizer: Tensors = new Map();
  for (const [name, tensor] of await tensors) {
    const value = { shape: tensor.shape, data: float32Of(tensor) };
    if (name.startsWith(OPTIMIZER)) optimizer.set(name.slice(OPTIMIZER.length), value);
    else weights.set(name, value);
  }
  return { weights, optimizer, state, metadata };
}

/** The state as it was written; null where there is none, or another program has changed it. */
function stateOf(text: string | undefined, path: string): TrainerState | null {
  let state: TrainerState | null;
  try {
    state = JSON.parse(text ?? "null");
  } catch {
    return null;
  }
  if (state === null) return null;
  inForm(state, trainerStateSchema, (found) => {
    return fault(
      TypeError,
      `Cannot resume from "${path}": its training state is damaged: ${found}; restore the file from a copy, or start a new run`,
    );
  });
  return state;
}

/** The pieces of a file that tells when a bit of it has changed. */
function withDigest(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Record<string, string>,
): Uint8Array[] {
  const digest = digestOf(safetensorsPieces(tensors, metadata));
  return safetensorsPieces(tensors, { ...metadata, [DIGEST_KEY]: digest });
}

/** The sha256 of pieces of a file, in hexadecimal digits. */
export function digestOf(pieces: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/**
 * Opens a file to read its tensors, and to check its digest meanwhile where it has one.
 *
 * @throws fault when it is not readable
 */
async function openChecked(
  path: string,
  options: Omit<CheckedReadingOptions, "expected"> = {},
): Promise<CheckedReading & { metadata: Record<string, string> }> {
  const file = await openSafetensors(path);
  const { metadata, tensors } = file.header;
  const { [DIGEST_KEY]: digest, ...rest } = metadata;
  const { head, names } = safetensorsOrder(tensors, rest);
  const stretches = names.map((name): [number, number] => {
    const { begin, end } = tensors.get(name)!;
    return [file.bodyOffset + begin, end - begin];
  });
  const refused = () =>
    fault(
      Error,
      `Cannot use "${path}": it is not as wsvad wrote it (the sha256 of its values and settings is not the one it names): a damaged disk or copy, or another program; restore it from a copy, or take ${DIGEST_KEY} out of its metadata to use it as it is`,
    );
  const expected = digest === undefined
    ? undefined
    : { bytes: { head, stretches }, digest, refused };
  return { ...await readChecked(file, { ...options, expected }), metadata };
}

/** What to tell of a file that cannot be checked; null where it was. */
export function uncheckedRemark(path: string, metadata: Record<string, string>): string | null {
  return DIGEST_KEY in metadata
    ? null
    : `"${path}" has no digest (another program or an earlier version wrote it): it is used unchecked`;
}

/**
 * The weights of any safetensors checkpoint: ours, or one with the official keys. A `module.` or
 * `model.` prefix on every key is taken off, PyTorch's batch counters are left out.
 *
 * @throws fault when the file is not readable, or has changed since wsvad wrote it
 */
export async function readWeights(
  path: string,
): Promise<{ weights: Tensors; metadata: Record<string, string> }> {
  const { weights, checked, metadata } = await openWeights(path);
  await checked;
  return { weights: await weights, metadata };
}

/** Weights that are on their way. */
export interface OpenedWeights {
  metadata: Record<string, string>;
  weights: Promise<Tensors>;
  /**
   * Whether the file is as wsvad wrote it is found out meanwhile, where it is large on a thread of
   * its own: nothing may be told of the weights before this is over, and what fails by them fails
   * by the damage where this throws.
   */
  checked: Promise<void>;
}

/**
 * As {@link readWeights}, but the values are read, and the file is checked, while the caller goes
 * on.
 *
 * @throws fault when the file is not readable
 */
export async function openWeights(
  path: string,
  options: Pick<CheckedReadingOptions, "memory" | "digest"> = {},
): Promise<OpenedWeights> {
  const wanted = (name: string) =>
    !name.startsWith(OPTIMIZER) && !name.endsWith(".num_batches_tracked");
  const { tensors, checked, metadata } = await openChecked(path, { ...options, wanted });
  const weights = tensors.then((read) => {
    const names = [...read.keys()];
    let strip = 0;
    for (const prefix of ["module.", "model."]) {
      if (names.length && names.every((name) => name.startsWith(prefix, strip))) {
        strip += prefix.length;
      }
    }
    return new Map(names.map((name) => {
      const { shape, ...stored } = read.get(name)!;
      return [name.slice(strip), { shape, data: float32Of({ shape, ...stored }) }];
    }));
  });
  weights.catch(() => {}); // it may fail before somebody waits for it
  return { metadata, weights, checked };
}

/**
 * Does what depends on something that is being checked. Where it fails, the check is waited for: a
 * damaged file is told before what follows from the damage.
 */
export async function damageFirst<T>(checked: Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await checked;
    throw error;
  }
}

/** Tensors as a file holds them. */
export function stored(tensors: Tensors) {
  return new Map(
    [...tensors].map((
      [name, { shape, data }],
    ) => [name, { dtype: "F32" as const, shape, bytes: data }]),
  );
}
