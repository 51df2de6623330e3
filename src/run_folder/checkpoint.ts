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
import {
  float32Of,
  readSafetensors,
  type Safetensors,
  safetensorsPieces,
  type TensorToStore,
} from "../io/safetensors.ts";
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
  const { tensors, metadata } = await readChecked(path);
  const state = stateOf(metadata[STATE_KEY], path);
  if (state === null) {
    throw fault(
      TypeError,
      `Cannot resume from "${path}": it holds weights but no training state; resume from the last.safetensors of a run`,
    );
  }
  const weights: Tensors = new Map(), optimizer: Tensors = new Map();
  for (const [name, tensor] of tensors) {
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
  const { error } = trainerStateSchema.safeParse(state);
  if (!error) return state;
  const [{ path: keys, message }] = error.issues;
  throw fault(
    TypeError,
    `Cannot resume from "${path}": its training state is damaged: ${
      keys.join(".") || "the whole"
    }: ${message}; restore the file from a copy, or start a new run`,
  );
}

/** The pieces of a file that tells when a bit of it has changed. */
function withDigest(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Record<string, string>,
): Uint8Array[] {
  const digest = digestOf(safetensorsPieces(tensors, metadata));
  return safetensorsPieces(tensors, { ...metadata, [DIGEST_KEY]: digest });
}

function digestOf(pieces: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** Reads a file, and checks its digest where it has one. */
async function readChecked(path: string): Promise<Safetensors> {
  const { tensors, metadata } = await readSafetensors(path);
  const { [DIGEST_KEY]: expected, ...rest } = metadata;
  if (expected !== undefined && digestOf(safetensorsPieces(tensors, rest)) !== expected) {
    throw fault(
      Error,
      `Cannot use "${path}": it is not as wsvad wrote it (the sha256 of its values and settings is not the one it names): a damaged disk or copy, or another program; restore it from a copy, or take ${DIGEST_KEY} out of its metadata to use it as it is`,
    );
  }
  return { tensors, metadata };
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
 */
export async function readWeights(
  path: string,
): Promise<{ weights: Tensors; metadata: Record<string, string> }> {
  const { tensors, metadata } = await readChecked(path);
  const names = [...tensors.keys()].filter((name) =>
    !name.startsWith(OPTIMIZER) && !name.endsWith(".num_batches_tracked")
  );
  let strip = 0;
  for (const prefix of ["module.", "model."]) {
    if (names.length && names.every((name) => name.startsWith(prefix, strip))) {
      strip += prefix.length;
    }
  }
  const weights: Tensors = new Map(names.map((name) => {
    const tensor = tensors.get(name)!;
    return [name.slice(strip), { shape: tensor.shape, data: float32Of(tensor) }];
  }));
  return { weights, metadata };
}

function stored(tensors: Tensors) {
  return new Map(
    [...tensors].map((
      [name, { shape, data }],
    ) => [name, { dtype: "F32" as const, shape, bytes: data }]),
  );
}
