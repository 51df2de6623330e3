/** Features as a .npy file, [T, D] or [T, N, D], written some rows at a time as they are read. */

import { encodeNpyHeader } from "../io/npy.ts";
import type { ExtractedVideo } from "./extracted_video.ts";

/** Numbers that are read at once: 4 MB. */
const NUMBERS = 2 ** 20;

/** @param dtype of the file; float32 where nothing is said */
export function* npyPieces(
  { shape, rows }: Pick<ExtractedVideo, "shape" | "rows">,
  dtype: "float32" | "float16" = "float32",
): Generator<Uint8Array> {
  const [snippets, crops, dim] = shape, count = snippets * crops;
  const half = dtype === "float16";
  const axes = crops === 1 ? [snippets, dim] : shape;
  yield encodeNpyHeader(axes, half ? new Float16Array(0) : new Float32Array(0));
  const most = Math.max(1, Math.floor(NUMBERS / dim));
  const halves = new Float16Array(half ? most * dim : 0);
  for (let row = 0; row < count; row += most) {
    const values = rows.read(row, Math.min(most, count - row));
    let stored: Float32Array | Float16Array = values;
    if (half) {
      halves.set(values);
      stored = halves.subarray(0, values.length);
    }
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}
