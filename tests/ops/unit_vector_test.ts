import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { unitVector } from "../../src/ops/unit_vector/op.ts";
import { assertGradient, onCpu, randomTensor } from "../support/on_cpu.ts";

const reference = (C: number) => (x: ArrayLike<number>) =>
  Float64Array.from(x, (value, i) => {
    let squares = 0;
    for (let c = 0; c < C; c++) squares += x[i - i % C + c] ** 2;
    return value / Math.sqrt(squares);
  });

onCpu("unitVector() divides by the length, the same with and without the guard", () => {
  const x = randomTensor([3, 7], 1);
  const [plain, guarded] = [false, true].map((guard) => unitVector(x, { guard }).dataSync());
  assertEquals(plain, guarded);
  reference(7)(x.dataSync()).forEach((value, i) => assertAlmostEquals(plain[i], value, 1e-6));
  for (const guard of [false, true]) {
    assertGradient((x) => unitVector(x, { guard }), [x], reference(7), 1e-5);
  }
});

onCpu(
  "unitVector() of zeros is NaN as 0 / 0, and with the guard zero with a finite gradient",
  () => {
    const x = tf.tensor2d([[0, 0], [3, 4]]);
    assertEquals([...unitVector(x, { guard: false }).dataSync()].map(Number.isNaN), [
      true,
      true,
      false,
      false,
    ]);
    assertEquals([...unitVector(x, { guard: true }).dataSync()].slice(0, 2), [0, 0]);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(unitVector(x, { guard: true })))(x)
      .dataSync();
    assert([...gradient].every(Number.isFinite), `${gradient}`);
  },
);
