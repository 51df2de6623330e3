import { groupNormPyramid } from "../../src/nn/group_norm_pyramid.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { rowsOf } from "../support/plain_layers.ts";
import { groupNormPyramidOf } from "../support/plain_pyramids.ts";

const [R, T, C] = [2, 5, 16];

onCpu(
  "groupNormPyramid() fuses three dilated branches and a non-local block, and adds its input",
  () => {
    checkPart(
      (scope) => {
        const pyramid = groupNormPyramid(scope, "p", C, {
          reduction: 4,
          groups: 2,
          groupNormEpsilon: 1e-5,
          batchNorm: { epsilon: 1e-5, momentum: 0.1 },
        });
        return ({ x }, context) => pyramid(x, context).output;
      },
      { x: randomTensor([R, T, C], 9) },
      (of) => groupNormPyramidOf(rowsOf(of.x, C), T, (name) => of[`p.${name}`], 2).flat(),
      {
        mode: "train",
        tolerance: 2e-5,
      },
    );
  },
);
