import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { channelNorm } from "../../src/nn/channel_norm.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import { momentsOf, rowsOf } from "../support/plain_layers.ts";

onCpu(
  "channelNorm() divides by the deviation and adds the epsilon to it, not to the variance",
  () => {
    checkPart(
      (scope) => {
        const normalise = channelNorm(scope, "norm", 5);
        return ({ x }, context) => normalise(x, context);
      },
      { x: randomTensor([2, 3, 5], 9) },
      (of) =>
        rowsOf(of.x, 5).flatMap((row) => {
          const { mean, variance } = momentsOf(row);
          return row.map((value, c) =>
            (value - mean) / (Math.sqrt(variance) + 1e-5) * of["norm.g"][c] + of["norm.b"][c]
          );
        }),
    );
  },
);

onCpu("channelNorm() tells of snippets whose channels are all equal", () => {
  withPart((scope) => channelNorm(scope, "norm", 4), (normalise, context) => {
    const told: [string, number[]][] = [];
    normalise(tf.tensor2d([[3, 3, 3, 3], [0, 2, 0, 2]]), {
      ...context("train"),
      zeroAt: (place, divisor) => told.push([place, [...divisor().dataSync()]]),
    });
    assertEquals(told.length, 1);
    assertStringIncludes(told[0][0], 'channel norm "norm"');
    assertEquals(told[0][1], [0, 1]); // deviations
  });
});
