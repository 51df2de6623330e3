import * as tf from "@tensorflow/tfjs";
import { memoryAbnormalMiss } from "../../src/losses/memory_abnormal_miss.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

/** [B = 2, T = 4], the first video normal. */
const known = () => tf.tensor2d([[0.5, 0.25, 0.75, 0.125], [0.25, 0.5, 0.875, 0.625]]);

onCpu("memoryAbnormalMiss wants 0 of every snippet of normal videos", () => {
  const hand = (Math.LN2 + Math.log(4 / 3) + Math.log(4) + Math.log(8 / 7)) / 4;
  checkTerm(
    memoryAbnormalMiss,
    { "memory.abnormal": known() },
    hand,
    (of) => -meanOf(Array.from(of["memory.abnormal"]).slice(0, 4).map((a) => Math.log(1 - a))),
  );
});
