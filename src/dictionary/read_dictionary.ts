/** Dictionaries of normal patterns as they lie on disk. */

import { fault } from "../fault.ts";
import { readNpy, toFloat32 } from "../io/npy.ts";
import { float32Of, readSafetensors } from "../io/safetensors.ts";

export interface Dictionary {
  /** [slots, channels]. */
  shape: [number, number];
  data: Float32Array;
  path: string;
}

/**
 * Reads a dictionary [S, C]: a .npy file, or a .safetensors file with a tensor "dictionary" or a
 * single one.
 *
 * @param path null where none was named
 * @param slots S, as configured
 * @throws fault when there is none, saying how to make one, or it is not [slots, channels]
 */
export async function readDictionary(path: string | null, slots: number): Promise<Dictionary> {
  if (path === null) {
    throw fault(
      Error,
      'Cannot begin a training with encoder "dictionary_streams": it needs a dictionary of normal patterns; ' +
        "run `wsvad dictionary --out dictionary.npy` with the data settings of the training, and add the settings " +
        "that it prints, or set runner.encoder.learned=true for one that is learned",
    );
  }
  const { shape, data } = await (path.endsWith(".safetensors") ? fromSafetensors : fromNpy)(path);
  const refuse = (what: string, mend: string) =>
    fault(
      TypeError,
      `Cannot use dictionary "${path}": expected ${what}, found [${shape}]; ${mend}`,
    );
  if (shape.length !== 2) {
    throw refuse("[slots, channels]", "make one with wsvad dictionary");
  }
  if (shape[0] !== slots) {
    throw refuse(`${slots} slots`, `set runner.encoder.slots=${shape[0]}`);
  }
  return { shape: [shape[0], shape[1]], data, path };
}

async function fromNpy(path: string): Promise<{ shape: number[]; data: Float32Array }> {
  const array = await readNpy(path);
  return { shape: array.shape, data: toFloat32(array, path) };
}

async function fromSafetensors(path: string): Promise<{ shape: number[]; data: Float32Array }> {
  const { tensors } = await readSafetensors(path);
  const tensor = tensors.get("dictionary") ??
    (tensors.size === 1 ? tensors.values().next().value : undefined);
  if (!tensor) {
    throw fault(
      TypeError,
      `Cannot use dictionary "${path}": no tensor "dictionary" among ${
        [...tensors.keys()].slice(0, 5).join(", ")
      }; rename it, or give a .npy file`,
    );
  }
  return { shape: tensor.shape, data: float32Of(tensor) };
}
