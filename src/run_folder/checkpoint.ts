/**
 * Checkpoints as safetensors files. `best.safetensors` holds the weights under the official key
 * names, but for those that stay as they were (frozen_weights.ts); `last.safetensors` adds the optimiser's state ("optimizer/<state>/<parameter>") and, in its
 * metadata, everything else that a bit-exact resume needs. No clock and no path goes in: the same run gives the same bytes.
 */

import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import type { FileSystem } from "../io/file_system.ts";
import { float32Of, readSafetensors, safetensorsPieces } from "../io/safetensors.ts";

export type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

const OPTIMIZER = "optimizer/";
const STATE_KEY = "wsvad.state";

export interface Checkpoint<State> {
  weights: Tensors;
  optimizer: Tensors;
  state: State;
}

/** Writes weights alone, for `eval` and `score` and for other programs. */
export async function writeWeights(
  path: string,
  weights: Tensors,
  metadata: Record<string, string>,
  fs?: FileSystem,
): Promise<void> {
  await writeWhole(path, safetensorsPieces(stored(weights), metadata), { overwrite: true, fs });
}

/** Writes weights, optimiser state and the trainer's own state. */
export async function writeCheckpoint<State>(
  path: string,
  { weights, optimizer, state }: Checkpoint<State>,
  metadata: Record<string, string>,
  fs?: FileSystem,
): Promise<void> {
  const prefixed = [...optimizer].map(([name, value]) => [OPTIMIZER + name, value] as const);
  const tensors = stored(new Map([...weights, ...prefixed]));
  const all = { ...metadata, [STATE_KEY]: JSON.stringify(state) };
  await writeWhole(path, safetensorsPieces(tensors, all), { overwrite: true, fs });
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 *
 * @throws fault when the file is no such checkpoint
 */
export async function readCheckpoint<State>(
  path: string,
): Promise<Checkpoint<State> & { metadata: Record<string, string> }> {
  const { tensors, metadata } = await readSafetensors(path);
  const state = stateOf<State>(metadata[STATE_KEY]);
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

/** Null where there is none, or where another program has changed it. */
function stateOf<State>(text: string | undefined): State | null {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/**
 * The weights of any safetensors checkpoint: ours, or one with the official keys. A `module.` or `model.`
 * prefix on every key is taken off, PyTorch's batch counters are left out.
 */
export async function readWeights(
  path: string,
): Promise<{ weights: Tensors; metadata: Record<string, string> }> {
  const { tensors, metadata } = await readSafetensors(path);
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
