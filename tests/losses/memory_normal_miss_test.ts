import * as tf from "@tensorflow/tfjs";
import { memoryNormalMiss } from "../../src/losses/memory_normal_miss.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm } from "../support/one_term.ts";

/** [B = 2, T = 4], the first video normal; with divisor 2 the best or least known 3 count. */
const known = () => tf.tensor2d([[0.5, 0.25, 0.75, 0.125], [0.25, 0.5, 0.875, 0.625]]);

onCpu("memoryNormalMiss wants 0 of the least known snippets of abnormal videos", () => {
  const hand = -Math.log((0.75 + 0.5 + 0.375) / 3); // 1 - 0.25, 1 - 0.5, 1 - 0.625
  checkTerm(memoryNormalMiss, { "memory.normal": known() }, hand, (of) => {
    const a = Array.from(of["memory.normal"]).slice(4).sort((p, q) => p - q);
    return -Math.log(1 - (a[0] + a[1] + a[2]) / 3);
  }, { settings: { divisor: 2 } });
});
