import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { lengthDistance, selectedRows } from "../../src/losses/selected_rows.ts";
import { assertGradient, onCpu, randomTensor } from "../support/on_cpu.ts";

onCpu("selectedRows() stacks one half of the videos crop by crop", () => {
  // rows (0, 1), (2, 3), ... of video 0, 0, 1, 1, ...
  const features = tf.reshape(tf.range(0, 16), [4, 2, 1, 2]);
  const rowsOf = (side: "normal" | "abnormal") => {
    const rows = selectedRows(features, side);
    assertEquals(rows.shape, [4, 1, 2]);
    return [...rows.dataSync()];
  };
  assertEquals(rowsOf("normal"), [0, 1, 4, 5, 2, 3, 6, 7]); // crop 0 of both videos, then crop 1
  assertEquals(rowsOf("abnormal"), [8, 9, 12, 13, 10, 11, 14, 15]);
});

onCpu(
  "lengthDistance() is the distance of the L1 norms, with 1e-6 added to each difference",
  () => {
    // L1 norms 3 and 7 against 6 and 3: differences -3 and 4
    const a = tf.tensor3d([1, -2, 0, 3, 4, 0], [1, 2, 3]);
    const b = tf.tensor3d([-2, 2, 2, 1, 1, -1], [1, 2, 3]);
    assertAlmostEquals(lengthDistance(a, b).dataSync()[0], 5, 1e-6);
    const same = lengthDistance(a, a).dataSync()[0];
    assertAlmostEquals(same, Math.SQRT2 * 1e-6, 1e-12);
  },
);

onCpu("lengthDistance() has the slope of its formula", () => {
  const length = (x: ArrayLike<number>, row: number) =>
    [0, 1, 2].reduce((sum, c) => sum + Math.abs(x[3 * row + c]), 0);
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    [0, 2].map((row) =>
      Math.hypot(...[row, row + 1].map((k) => length(a, k) - length(b, k) + 1e-6))
    );
  const inputs = [randomTensor([2, 2, 3], 1), randomTensor([2, 2, 3], 2)];
  assertGradient(lengthDistance, inputs, distance, 1e-5);
});
