/** Features in a MATLAB file of version 5 to 7: the one array of numbers that it holds. */

import { fault } from "../../fault.ts";
import { decodeMat } from "../mat_file.ts";
import { readBytes } from "../read_file.ts";
import { float32Of } from "../safetensors.ts";
import { type FeatureReader, wholeReader } from "./feature_reader.ts";
import { storedItemBytes } from "../safetensors_header.ts";

/**
 * @throws {SyntaxError | RangeError | TypeError} a fault: damaged, or without one array that could
 *     be features
 */
export async function openMatFeatures(path: string): Promise<FeatureReader> {
  const file = decodeMat(await readBytes(path), path);
  const all = [...file.tensors];
  const candidates = [
    all.filter(([, { shape }]) => shape.every((length) => length > 1)),
    all.filter(([, { shape }]) => shape.some((length) => length > 1)), // of one snippet
    all,
  ].find((arrays) => arrays.length > 0) ?? [];
  if (candidates.length !== 1) {
    const names = [...file.tensors.keys()].map((name) => `"${name}"`).join(", ");
    throw fault(
      TypeError,
      `Cannot read features "${path}": expected one array in this MATLAB file, found ${
        names === "" ? "none" : names
      }; save the features alone (save -v6 FILE features, or scipy.io.savemat)`,
    );
  }
  const [name, { dtype, shape }] = candidates[0];
  return wholeReader({ name: path, shape, itemBytes: storedItemBytes[dtype] }, async () => {
    const again = decodeMat(await readBytes(path), path);
    return float32Of(await again.read(name));
  });
}
