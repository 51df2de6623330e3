import * as tf from "@tensorflow/tfjs";
import { memoryAbnormalHit } from "../../src/losses/memory_abnormal_hit.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

/** [B = 2, T = 4], the first video normal; with divisor 2 the best or least known 3 count. */
const known = () => tf.tensor2d([[0.5, 0.25, 0.75, 0.125], [0.25, 0.5, 0.875, 0.625]]);

onCpu("memoryAbnormalHit wants 1 of the best known snippets of abnormal videos", () => {
  const hand = -Math.log((0.875 + 0.625 + 0.5) / 3);
  checkTerm(memoryAbnormalHit, { "memory.abnormal": known() }, hand, (of) => {
    const a = Array.from(of["memory.abnormal"]).slice(4).sort((p, q) => q - p);
    return -Math.log((a[0] + a[1] + a[2]) / 3);
  }, { settings: { divisor: 2 } });
});
