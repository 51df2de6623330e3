import * as tf from "@tensorflow/tfjs";
import { memoryNormalHit } from "../../src/losses/memory_normal_hit.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

/** [B = 2, T = 4], the first video normal. */
const known = () => tf.tensor2d([[0.5, 0.25, 0.75, 0.125], [0.25, 0.5, 0.875, 0.625]]);

onCpu("memoryNormalHit wants 1 of every snippet of normal videos", () => {
  const hand = (Math.LN2 + Math.log(4) + Math.log(4 / 3) + Math.log(8)) / 4;
  checkTerm(
    memoryNormalHit,
    { "memory.normal": known() },
    hand,
    (of) => -meanOf(Array.from(of["memory.normal"]).slice(0, 4).map(Math.log)),
  );
});
