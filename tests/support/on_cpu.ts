/**
 * How ops are tested on the cpu device: with either product engine, against double precision loops.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { Random } from "../../src/random.ts";

await loadForms("cpu");

/**
 * A test on the cpu device without a BLAS, or with that which `blas` names, undefined for the
 * machine's. Its tensors are freed, and it must leave no other memory behind.
 */
export function onCpu(
  name: string,
  body: (backend: CpuBackend) => void,
  { blas, ignore = false }: { blas: string | undefined; ignore?: boolean } = { blas: "off" },
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const { backend } = await openCpu({ blas });
      backend.allocator.guarded = true; // passes that write past a tensor's end are found
      try {
        tf.tidy(() => body(backend)); // what is kept for good is there now
        const { numTensors } = tf.memory(), { used } = backend.budget, held = backend.numDataIds();
        tf.tidy(() => body(backend));
        assertEquals(tf.memory().numTensors, numTensors, "tensors left behind");
        assertEquals(backend.numDataIds(), held, "data left behind");
        assertEquals(backend.budget.used, used, "heap left behind");
      } finally {
        // Other files of tests, in the same isolate, count bytes.
        backend.allocator.guarded = false;
      }
    },
  });
}

const hasBlas = findBlas().blas !== undefined;

/** The same test with our own product and, where there is one, with the machine's BLAS. */
export function onEitherEngine(name: string, body: (backend: CpuBackend) => void): void {
  onCpu(`${name} (wasm SIMD)`, body);
  onCpu(`${name} (BLAS)`, body, { blas: undefined, ignore: !hasBlas });
}

/** Values in [-0.5, 0.5). */
export function randomTensor(shape: number[], seed: number): tf.Tensor {
  const random = new Random(seed, "tests");
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => random.uniform() - 0.5), shape);
}

/** A copy of the values of a float tensor. */
export function valuesOf(x: tf.Tensor): Float32Array {
  return Float32Array.from(x.dataSync());
}

export function assertClose(
  actual: tf.Tensor,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const values = actual.dataSync();
  assertEquals(values.length, expected.length);
  for (let i = 0; i < values.length; i++) assertAlmostEquals(values[i], expected[i], tolerance);
}

export function assertSameBits(run: () => tf.Tensor | tf.Tensor[]): void {
  const bits = () => [run()].flat().map((x) => new Uint32Array(x.dataSync().slice().buffer));
  assertEquals(bits(), bits());
}

/**
 * Compares tfjs's gradient of an op with central differences of its reference, taken in double
 * precision at a few elements of every input.
 */
export function assertGradient(
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  reference: (...values: Float64Array[]) => ArrayLike<number>,
  tolerance: number,
): void {
  const weights = randomTensor(op(...inputs).shape, 99);
  const loss = (...x: tf.Tensor[]) => tf.sum(tf.mul(op(...x), weights)) as tf.Scalar;
  const gradients = tf.grads(loss)(inputs);
  const w = weights.dataSync();
  const values = inputs.map((x) => Float64Array.from(x.dataSync()));
  const exact = () => Array.from(reference(...values)).reduce((sum, y, i) => sum + y * w[i], 0);
  const h = 1e-5;
  inputs.forEach((input, which) => {
    assertEquals(gradients[which].shape, input.shape);
    const found = gradients[which].dataSync();
    const step = Math.max(1, Math.floor(input.size / 7));
    let looked = 0;
    for (let i = 0; i < input.size; i += step, looked++) {
      const kept = values[which][i];
      values[which][i] = kept + h;
      const above = exact();
      values[which][i] = kept - h;
      const below = exact();
      values[which][i] = kept;
      assertAlmostEquals(found[i], (above - below) / (2 * h), tolerance);
    }
    assert(looked > 0);
  });
}
