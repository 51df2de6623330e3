import * as tf from "@tensorflow/tfjs";
import { memoryDistance } from "../../src/losses/memory_distance.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

onCpu("memoryDistance wants the abnormal reading longer than the normal one by its margin", () => {
  const inputs = {
    "read.normal": tf.tensor2d([[3, 4], [5, 12]]),
    "read.abnormal": tf.tensor2d([[6, 8], [8, 15]]),
  };
  const lengths = (x: ArrayLike<number>) => [Math.hypot(x[0], x[1]), Math.hypot(x[2], x[3])];
  const formula = (margin: number) => (of: Record<string, ArrayLike<number>>) => {
    const [normal, abnormal] = ["read.normal", "read.abnormal"].map((port) => lengths(of[port]));
    return meanOf(normal.map((length, i) => Math.max(0, margin - abnormal[i] + length)));
  };
  checkTerm(memoryDistance, inputs, (100 - 10 + 5 + 100 - 17 + 13) / 2, formula(100));
  // 5 and 4 longer: beyond a margin of 4.5 the first costs nothing
  checkTerm(memoryDistance, inputs, 0.5 / 2, formula(4.5), { settings: { margin: 4.5 } });
});
