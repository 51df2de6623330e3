import { assertThrows } from "@std/assert";
import { batchNormPyramid } from "../../src/nn/batch_norm_pyramid.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import { rowsOf } from "../support/plain_layers.ts";
import { batchNormPyramidOf } from "../support/plain_pyramids.ts";

const [R, T, C] = [2, 5, 8];
const options = {
  dilations: [1, 2, 4],
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  encoder: "test",
};

onCpu(
  "batchNormPyramid() fuses three dilated branches and a non-local block, and adds its input",
  () => {
    checkPart(
      (scope) => {
        const pyramid = batchNormPyramid(scope, C, options);
        return ({ x }, context) => pyramid(x, context).output;
      },
      { x: randomTensor([R, T, C], 9) },
      (of) =>
        batchNormPyramidOf(rowsOf(of.x, C), T, (name) => of[`Aggregate.${name}`], options.dilations)
          .flat(),
      { mode: "train", tolerance: 2e-5 },
    );
  },
);

Deno.test("batchNormPyramid() refuses channels that 8 does not divide", () => {
  withPart((scope) => () => batchNormPyramid(scope, 12, options), (build) => {
    assertThrows(build, RangeError, 'encoder "test" needs a feature size divisible by 8');
  });
});
