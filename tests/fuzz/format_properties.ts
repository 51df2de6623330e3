/** What is written is read again: `.npy` and `.safetensors` files of any contents. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeNpy, encodeNpy } from "../../src/io/npy.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredDtype,
  type TensorToStore,
} from "../../src/io/safetensors.ts";

const shapes = fc.array(fc.nat(5), { maxLength: 4 });

/** Fortran order must agree with the definition: the first axis runs fastest. */
export function npyKeepsEveryArray(runs: number): void {
  fc.assert(
    fc.property(shapes, fc.boolean(), fc.nat(), (shape, fortran, seed) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const data = Float64Array.from({ length: count }, (_, i) => Math.sin(seed + i));
      const bytes = encodeNpy(shape, data);
      if (!fortran) {
        assertEquals(decodeNpy(bytes, "x"), { shape, dtype: "f8", data });
        return;
      }
      const bodyOffset = bytes.length - 8 * count;
      const dict = new TextDecoder().decode(bytes.subarray(10, bodyOffset));
      bytes.set(new TextEncoder().encode(dict.replace("False, ", "True,  ")), 10); // same length
      const body = new Float64Array(count);
      for (let i = 0; i < count; i++) body[fortranPosition(i, shape)] = data[i];
      bytes.set(new Uint8Array(body.buffer), bodyOffset);
      assertEquals(decodeNpy(bytes, "x"), { shape, dtype: "f8", data });
    }),
    { numRuns: runs },
  );
}

/** Where the i-th element in C order lies in Fortran order. */
function fortranPosition(i: number, shape: number[]): number {
  let rest = i;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index.reduceRight((position, at, axis) => position * shape[axis] + at, 0);
}

const itemBytes: Partial<Record<StoredDtype, number>> = { F32: 4, F16: 2, I64: 8, U8: 1 };
const tensor: fc.Arbitrary<TensorToStore> = fc.tuple(
  fc.constantFrom<StoredDtype>("F32", "F16", "I64", "U8"),
  shapes,
  fc.nat(255),
).map(([dtype, shape, fill]) => ({
  dtype,
  shape,
  bytes: new Uint8Array(shape.reduce((a, b) => a * b, itemBytes[dtype]!)).fill(fill),
}));
const name = fc.string({ unit: "binary", maxLength: 12 })
  .filter((text) => text !== "__metadata__");

export function safetensorsKeepEveryTensor(runs: number): void {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, tensor), { maxLength: 6 }),
      fc.array(fc.tuple(name, fc.string({ unit: "binary" })), { maxLength: 4 }),
      (entries, texts) => {
        const tensors = new Map(entries);
        const metadata = Object.fromEntries(texts);
        const found = decodeSafetensors(encodeSafetensors(tensors, metadata), "x");
        assertEquals([...found.tensors.keys()].sort(), [...tensors.keys()].sort());
        for (const [key, stored] of found.tensors) assertEquals(stored, tensors.get(key));
        assertEquals(Object.entries(found.metadata).sort(), Object.entries(metadata).sort());
      },
    ),
    { numRuns: runs },
  );
}
