/** Arrays in files for the tests of parts, and how many bytes are read of them. */

import { encodeNpy } from "../../src/io/npy.ts";

/** 0, 1, 2, ... */
export const numbered = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

/**
 * A `.npy` file in Fortran order of values that are given in C order.
 *
 * @param padding spaces in its header beyond those that numpy writes
 */
export function fortranNpy(shape: number[], values: Float32Array, padding = 0): Uint8Array {
  const turned = new Float32Array(values.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  values.forEach((value, i) => {
    let place = 0;
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      place += rest % shape[axis] * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    turned[place] = value;
  });
  const dict = `{'descr': '<f4', 'fortran_order': True, 'shape': (${shape.join(", ")}), }`;
  const header =
    dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11 + 64 * Math.ceil(padding / 64)) +
    "\n";
  const prefix = encodeNpy([0], new Float32Array(0)).slice(0, 10);
  new DataView(prefix.buffer).setUint16(8, header.length, true);
  const body = new Uint8Array(turned.buffer);
  const bytes = new Uint8Array(10 + header.length + body.length);
  bytes.set(prefix);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(body, 10 + header.length);
  return bytes;
}

/** Bytes that `work` reads from files. */
export async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const { open, readFile } = Deno;
  let total = 0;
  Deno.readFile = async (...given) => {
    const bytes = await readFile(...given);
    total += bytes.length;
    return bytes;
  };
  Deno.open = async (...given) => {
    const file = await open(...given);
    const read = file.read.bind(file);
    file.read = async (into) => {
      const count = await read(into);
      total += count ?? 0;
      return count;
    };
    return file;
  };
  try {
    await work();
  } finally {
    Object.assign(Deno, { open, readFile });
  }
  return total;
}
