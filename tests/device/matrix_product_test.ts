import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { matrixProduct } from "../../src/device/webgpu/matrix_product.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { hasAdapter } from "../support/gpu.ts";

let backend: WsvadWebGPUBackend;

function gpuTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasAdapter, sanitizeResources: false, fn });
}

gpuTest("the webgpu device of the product tests opens", async () => {
  backend = (await openWebGPU({})).backend;
});

interface Sizes {
  depth: number;
  M: number;
  N: number;
  K: number;
  transposeA: boolean;
  transposeB: boolean;
  /** The second operand serves all products. */
  shared?: boolean;
}

/** Values of the operands, and the exact products rounded to f32. */
function example({ depth, M, N, K, transposeA, transposeB, shared }: Sizes) {
  const a = numbers("product a", depth * M * K), b = numbers("product b", depth * K * N);
  const y = new Float32Array(depth * M * N);
  for (let z = 0; z < depth; z++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const atA = transposeA ? k * M + m : m * K + k;
          const atB = (shared ? 0 : z * K * N) + (transposeB ? n * K + k : k * N + n);
          sum += a[z * M * K + atA] * b[atB];
        }
        y[(z * M + m) * N + n] = sum;
      }
    }
  }
  return { a, b: b.subarray(0, (shared ? 1 : depth) * K * N), y };
}

async function product(sizes: Sizes): Promise<Float32Array> {
  const { depth, M, N, K, transposeA, transposeB, shared } = sizes;
  const { a, b } = example(sizes);
  const result = tf.tidy(() =>
    tf.engine().makeTensorFromTensorInfo(matrixProduct(backend, {
      a: tf.tensor(a, transposeA ? [depth, K, M] : [depth, M, K]),
      b: tf.tensor(b, [shared ? 1 : depth, ...(transposeB ? [N, K] : [K, N])]),
      transposeA,
      transposeB,
    }))
  );
  assertEquals(result.shape, [depth, M, N]);
  const values = await result.data();
  result.dispose();
  return values as Float32Array;
}

function largestError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(found[i] - expected[i]));
  }
  return largest;
}

const SHAPES = [
  { depth: 1, M: 1, N: 1, K: 1 },
  { depth: 1, M: 130, N: 67, K: 33 },
  { depth: 1, M: 65, N: 200, K: 16 },
  { depth: 3, M: 70, N: 66, K: 31 },
  { depth: 2, M: 50, N: 49, K: 600, shared: true },
  { depth: 1, M: 64, N: 48, K: 1100 }, // in slices, the last one shorter
];

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    for (const shape of SHAPES) {
      const name = `${JSON.stringify(shape)} ${transposeA ? "a^T" : "a"} ${
        transposeB ? "b^T" : "b"
      }`;
      gpuTest(`matrixProduct() agrees with plain loops, twice the same bits: ${name}`, async () => {
        const sizes = { ...shape, transposeA, transposeB };
        const found = await product(sizes);
        const { y } = example(sizes);
        const limit = 3e-6 * Math.max(1, ...y.map(Math.abs));
        assert(largestError(found, y) <= limit, `error ${largestError(found, y)}`);
        assertEquals(await product(sizes), found);
      });
    }
  }
}

gpuTest("matrixProduct() adds the bias before the activation, in slices too", async () => {
  for (const K of [40, 700]) {
    const sizes = { depth: 1, M: 60, N: 52, K, transposeA: false, transposeB: false };
    const { a, b, y } = example(sizes);
    const bias = numbers("product bias", 52);
    const result = tf.tidy(() =>
      tf.engine().makeTensorFromTensorInfo(matrixProduct(backend, {
        a: tf.tensor(a, [60, K]),
        b: tf.tensor(b, [K, 52]),
        bias: tf.tensor1d(bias),
        activation: "relu",
      }))
    );
    const expected = y.map((sum, i) => Math.max(0, sum + bias[i % 52]));
    assert(largestError(await result.data(), expected) <= 2e-5);
    result.dispose();
  }
});

/** Root mean square of the errors of tf.matMul, by the root mean square of the exact product. */
async function relativeError(sizes: Sizes): Promise<number> {
  const { depth, M, N, K, transposeA, transposeB } = sizes;
  const { a, b, y } = example(sizes);
  const layers = depth > 1 ? [depth] : [];
  const result = tf.tidy(() =>
    tf.matMul(
      tf.tensor(a, [...layers, ...(transposeA ? [K, M] : [M, K])]),
      tf.tensor(b, [...layers, ...(transposeB ? [N, K] : [K, N])]),
      transposeA,
      transposeB,
    )
  );
  const found = await result.data();
  result.dispose();
  let errors = 0, squares = 0;
  y.forEach((exact, i) => {
    errors += (found[i] - exact) ** 2;
    squares += exact ** 2;
  });
  return Math.sqrt(errors / squares);
}

/**
 * Of a sum in pieces of 96 terms, which is what the cpu's products of layers are off by: 2.5e-7 for
 * 6,144 terms. A single chain of so many is off by 1.4e-6, which moves features near zero to the
 * other side of a ReLU.
 */
const cpuError = (K: number) => 2e-8 * Math.sqrt(96 + K / 96);

// Two products at a time are not cut into slices. The others are layers and gradients of weights,
// some of them narrow.
for (
  const [depth, M, N, K, transposeA, transposeB] of [
    [1, 130, 67, 512, false, true],
    [2, 65, 100, 2048, false, true],
    [2, 64, 50, 6144, false, false],
    [2, 16, 24, 20480, true, false],
    [1, 200, 1, 2048, false, true],
    [1, 3, 70, 6144, false, true],
    [1, 40, 32, 20480, true, false],
  ] as const
) {
  const name = `${depth} times [${M}, ${K}] x [${K}, ${N}]`;
  gpuTest(`tf.matMul() is as near to double precision as on the cpu: ${name}`, async () => {
    const error = await relativeError({ depth, M, N, K, transposeA, transposeB });
    assert(error <= cpuError(K), `error ${error}`);
  });
}

gpuTest("tf.matMul() adds in one order whatever the ranks of single matrices", async () => {
  const a = tf.tensor(numbers("product a", 16 * 2500), [16, 2500]);
  const b = tf.tensor(numbers("product b", 2500 * 20), [2500, 20]);
  const expected = tf.matMul(a, b);
  for (const [ofA, ofB] of [[1, 0], [0, 1], [1, 1]]) {
    const y = tf.tidy(() => {
      const layered = (x: tf.Tensor, layer: number) => layer ? tf.expandDims(x, 0) : x;
      return tf.matMul(layered(a, ofA) as tf.Tensor2D, layered(b, ofB) as tf.Tensor2D);
    });
    assertEquals(y.shape as number[], [1, 16, 20]);
    assertEquals(await y.data(), await expected.data());
    y.dispose();
  }
  tf.dispose([a, b, expected]);
});

gpuTest("matrixProduct() rounds operands alone where half precision is asked for", async () => {
  if (!backend.device.features.has("shader-f16")) return;
  const sizes = { depth: 1, M: 70, N: 66, K: 900, transposeA: true, transposeB: false };
  const { y } = example(sizes);
  backend.halfProducts = true;
  const found = await product(sizes).finally(() => backend.halfProducts = false);
  const error = largestError(found, y);
  // 900 products of numbers below 1, each off by at most 2^-10: a random walk of 30 steps
  assert(error > 1e-4 && error < 30 * 2 ** -10, `error ${error}`);
});

gpuTest("the webgpu device of the product tests closes", () => {
  tf.removeBackend("webgpu");
  return Promise.resolve();
});
