/**
 * Checkpoints as safetensors files. `best.safetensors` holds the weights under the official key
 * names, but for those that stay as they were (frozen_weights.ts); `last.safetensors` adds the
 * optimiser's state ("optimizer/<state>/<parameter>") and, in its metadata, everything else that a
 * bit-exact resume needs. No clock and no path goes in: the same run gives the same bytes.
 */

import { createHash } from "node:crypto";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { digestBeside, type DigestedBytes } from "../io/file_digest.ts";
import type { FileSystem } from "../io/file_system.ts";
import {
  float32Of,
  type OpenSafetensors,
  openSafetensors,
  type Safetensors,
  safetensorsOrder,
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
  const { checked, ...read } = await readChecking(path);
  await checked;
  return read;
}

/** Reads a file whose digest, where it has one, is checked meanwhile: `checked` tells the end. */
async function readChecking(
  path: string,
  digest = digestBeside,
): Promise<Safetensors & { checked: Promise<void> }> {
  using file = await openSafetensors(path);
  const { [DIGEST_KEY]: expected, ...rest } = file.header.metadata;
  if (expected === undefined) return { ...await file.read(), checked: Promise.resolve() };
  const beside = digest(bytesOfFile(path, file, rest));
  const { tensors, metadata } = await file.read();
  const check = async () => {
    if (await beside === expected) return;
    // None was counted, or another file has come to lie at the path: what was read decides.
    if (digestOf(safetensorsPieces(tensors, rest)) === expected) return;
    throw fault(
      Error,
      `Cannot use "${path}": it is not as wsvad wrote it (the sha256 of its values and settings is not the one it names): a damaged disk or copy, or another program; restore it from a copy, or take ${DIGEST_KEY} out of its metadata to use it as it is`,
    );
  };
  return { tensors, metadata, checked: heldBack(check()) };
}

/** A file's bytes as they would be with other metadata. */
function bytesOfFile(
  path: string,
  { header, bodyOffset }: OpenSafetensors,
  metadata: Record<string, string>,
): DigestedBytes {
  const { head, names } = safetensorsOrder(header.tensors, metadata);
  const stretches = names.map((name): [number, number] => {
    const { begin, end } = header.tensors.get(name)!;
    return [bodyOffset + begin, end - begin];
  });
  return { path, head, stretches };
}

/** A promise that may fail before somebody waits for it. */
function heldBack(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

/** What to tell of a file that cannot be checked; null where it was. */
export function uncheckedRemark(path: string, metadata: Record<string, string>): string | null {
  return DIGEST_KEY in metadata
    ? null
    : `"${path}" has no digest (another program or an earlier version wrote it): it is used unchecked`;
}

export interface StoredWeights {
  weights: Tensors;
  metadata: Record<string, string>;
}

/**
 * The weights of any safetensors checkpoint: ours, or one with the official keys. A `module.` or
 * `model.` prefix on every key is taken off, PyTorch's batch counters are left out.
 *
 * @throws fault when the file is not readable, or has changed since wsvad wrote it
 */
export async function readWeights(path: string): Promise<StoredWeights> {
  const { checked, ...stored } = await readWeightsChecking(path);
  await checked;
  return stored;
}

/**
 * As {@link readWeights}, but whether the file has changed is found out meanwhile, on a thread of
 * its own where the file is large: nothing may be told of the weights before `checked` is over, and
 * what fails by them fails by the damage where it throws.
 *
 * @param digest counts it, for tests of files that change meanwhile
 */
export async function readWeightsChecking(
  path: string,
  digest = digestBeside,
): Promise<StoredWeights & { checked: Promise<void> }> {
  const { tensors, metadata, checked } = await readChecking(path, digest);
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
  return { weights, metadata, checked };
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

function stored(tensors: Tensors) {
  return new Map(
    [...tensors].map((
      [name, { shape, data }],
    ) => [name, { dtype: "F32" as const, shape, bytes: data }]),
  );
}
