/** Matrix products as tf.matMul makes them on a device, large enough for its tiles, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { FLOAT_TOLERANCE, type KernelCase, numbers } from "./kernel_case.ts";

/** One fills no tile, one several, one is summed in slices. */
const SHAPES = [[1, 33, 21, 17], [2, 70, 66, 31], [1, 130, 131, 65], [1, 64, 50, 1100]];

/** Every transpose of products [depth, M, K] x [depth, K, N]. */
export function productCases(): KernelCase[] {
  return SHAPES.flatMap(([depth, M, N, K]) =>
    [[false, false], [false, true], [true, false], [true, true]].map(([ofA, ofB]) => {
      const a = numbers("product a", depth * M * K), b = numbers("product b", depth * K * N);
      const expected = new Float64Array(depth * M * N);
      expected.forEach((_, i) => {
        const n = i % N, m = Math.floor(i / N) % M, z = Math.floor(i / N / M);
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const atA = z * M * K + (ofA ? k * M + m : m * K + k);
          const atB = z * K * N + (ofB ? n * K + k : k * N + n);
          sum += a[atA] * b[atB];
        }
        expected[i] = sum;
      });
      const shape = depth > 1 ? [depth] : [];
      return {
        name: `BatchMatMul ${[depth, M, K, N].join("x")} ${ofA ? "a^T" : "a"} ${ofB ? "b^T" : "b"}`,
        tolerance: FLOAT_TOLERANCE,
        expected: [expected],
        run: () => [
          tf.matMul(
            tf.tensor(a, [...shape, ...(ofA ? [K, M] : [M, K])]),
            tf.tensor(b, [...shape, ...(ofB ? [N, K] : [K, N])]),
            ofA,
            ofB,
          ),
        ],
      };
    })
  );
}
