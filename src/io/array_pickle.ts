/**
 * Pickles of nested dicts and lists of numpy arrays, such as Caffe2's `{"blobs": {name: array}}`.
 */

import { fault } from "../fault.ts";
import { containerNames, PickledArray } from "./pickle_names.ts";
import { unpickle } from "./pickle.ts";
import type { StoredTensor } from "./safetensors.ts";
import { leavesOf, type TensorFile } from "./tensor_file.ts";

/** Values that a pickle of so many bytes may name, each as often as it does. */
export function mostValues(bytes: number): number {
  return 2 * bytes + 1000;
}

/**
 * Reads the bytes of a pickle, whose memory the arrays share where their order allows.
 *
 * @throws {SyntaxError} a fault: damaged, or it names what is not an array or a plain container
 */
export function decodeArrayPickle(bytes: Uint8Array, name: string): TensorFile {
  const most = mostValues(bytes.length);
  const { value, end } = unpickle(bytes, 0, name, { names: containerNames(most) });
  if (end !== bytes.length) {
    throw fault(
      SyntaxError,
      `Cannot read "${name}": its pickle ends at byte ${end}, the file has ${bytes.length}; ` +
        "copy or download it again",
    );
  }
  const tensors = new Map<string, StoredTensor>();
  const plain = new Map<string, unknown>();
  for (const [path, leaf] of leavesOf(value, name, most)) {
    if (leaf instanceof PickledArray) tensors.set(path, arrayOf(leaf, path, name));
    else plain.set(path, leaf);
  }
  return {
    kind: "a pickle of arrays",
    tensors,
    plain,
    read: (path) => Promise.resolve(tensors.get(path)!),
  };
}

/** The array at a path; a fault where its values were never told. */
export function arrayOf(array: PickledArray, path: string, name: string): StoredTensor {
  try {
    return array.tensor;
  } catch (error) {
    throw fault(
      SyntaxError,
      `Cannot read "${name}": at "${path}" it holds ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
