/**
 * A mean volume of Caffe's training data: a file of C3D's program (.binaryproto), or the same array
 * as .npy.
 *
 * Source: facebookarchive/C3D:src/caffe/proto/caffe.proto (BlobProto: five sizes, then packed
 * float32); protocol buffers' encoding.
 */

import { fault } from "../fault.ts";
import { decodeNpy, toFloat32 } from "./npy.ts";
import { readBytes } from "./read_file.ts";

/** Fields of a BlobProto: num, channels, length, height, width, and the values. */
const SIZES = 5, VALUES = 6;
/** Kinds of a field on the wire. */
const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

/**
 * The volume in C order.
 *
 * @param shape [channels, frames, height, width] that it must have
 * @throws {SyntaxError | TypeError} a fault: no such file, or of other sizes
 */
export async function readMeanVolume(path: string, shape: number[]): Promise<Float32Array> {
  const attempted = `Cannot read the mean volume "${path}"`;
  const bytes = await readBytes(path);
  const isNpy = bytes[0] === 0x93 && new TextDecoder().decode(bytes.subarray(1, 6)) === "NUMPY";
  let found: number[], data: Float32Array;
  if (isNpy) {
    const array = decodeNpy(bytes, `"${path}"`);
    [found, data] = [array.shape, toFloat32(array, path)];
  } else {
    const blob = decodeBlob(bytes);
    if (blob === null) {
      throw fault(
        SyntaxError,
        `${attempted}: it is neither a .binaryproto of Caffe nor a .npy array; give sport1m_train16_128_mean.binaryproto of C3D's program`,
      );
    }
    [found, data] = [blob.sizes, blob.data];
  }
  const own = found.length === shape.length + 1 && found[0] === 1 ? found.slice(1) : found;
  if (String(own) === String(shape) && data.length === shape.reduce((a, b) => a * b, 1)) {
    return data;
  }
  throw fault(
    TypeError,
    `${attempted}: expected [${shape}] (channels, frames, rows, columns), found [${found}] with ${data.length} values; give the mean of the Sports-1M training, 16 frames of 171x128`,
  );
}

/** Null where the bytes are no BlobProto. */
function decodeBlob(bytes: Uint8Array): { sizes: number[]; data: Float32Array } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sizes: number[] = Array(SIZES).fill(0);
  const parts: Float32Array[] = [];
  let at = 0;
  const varint = () => {
    for (let value = 0, factor = 1; at < bytes.length && factor < 2 ** 56; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const key = varint(), field = Math.floor(key / 8), kind = key % 8;
    if (kind === VARINT) {
      const value = varint();
      if (!(field >= 1) || Number.isNaN(value)) return null;
      if (field <= SIZES) sizes[field - 1] = value;
      continue;
    }
    const length = kind === BYTES ? varint() : kind === FIXED32 ? 4 : kind === FIXED64 ? 8 : NaN;
    if (!(at + length <= bytes.length) || length % 4 !== 0) return null;
    if (field === VALUES) {
      const floats = new Float32Array(length / 4);
      for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat32(at + 4 * i, true);
      parts.push(floats);
    }
    at += length;
  }
  if (parts.length === 0) return null;
  if (parts.length === 1) return { sizes, data: parts[0] };
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) { // values that are not packed come one by one
    data.set(part, filled);
    filled += part.length;
  }
  return { sizes, data };
}
