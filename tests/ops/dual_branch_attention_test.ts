import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { dualBranchAttention } from "../../src/ops/dual_branch_attention/op.ts";
import { dualBranchAttentionReference } from "../../src/ops/dual_branch_attention/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

onEitherEngine("dualBranchAttention() agrees with plain loops, value and gradient", () => {
  const sizes = [[1, 1, 2, 1], [2, 3, 6, 3], [2, 17, 10, 2]]; // R, T, C, heads
  for (const [R, T, C, heads] of sizes) {
    const x = tf.mul(randomTensor([R, T, 4 * C], 1), 4); // so that the softmax is uneven
    const reference = (values: ArrayLike<number>) =>
      dualBranchAttentionReference(values, [R, T, C], heads);
    const y = dualBranchAttention(x, heads);
    assertEquals(y.shape, [R, T, 2 * C]);
    assertClose(y, reference(x.dataSync()), 2e-6); // values up to 2
    assertGradient((x) => dualBranchAttention(x, heads), [x], reference, 1e-5);
  }
});

onCpu("dualBranchAttention() gives the same bits in two runs", () => {
  const x = randomTensor([2, 17, 40], 1);
  assertSameBits(() => tf.grad((x: tf.Tensor) => tf.sum(dualBranchAttention(x, 2)))(x));
});

onCpu("dualBranchAttention() weighs distances so that columns sum to 1, and rows do not", () => {
  const T = 5, C = 1;
  const columnSums: number[] = [], rowSums = new Float64Array(T);
  for (let j = 0; j < T; j++) {
    const x = new Float32Array(T * 4 * C);
    x[j * 4 + 3] = 1; // the distance branch's value of snippet j
    const y = dualBranchAttention(tf.tensor(x, [1, T, 4 * C]), 1).dataSync(); // [1, T, 2]
    const column = Array.from({ length: T }, (_, i) => y[2 * i + 1]);
    columnSums.push(column.reduce((sum, value) => sum + value));
    column.forEach((value, i) => rowSums[i] += value);
  }
  for (const sum of columnSums) assertAlmostEquals(sum, 1, 1e-6);
  assertAlmostEquals(rowSums[0], 0.9137466, 1e-6); // of the formula, in double precision
});
