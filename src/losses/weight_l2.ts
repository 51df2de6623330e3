/**
 * Loss `weight_l2`: sum of the squares of all weight matrices, biases left out (Keras' l2
 * regulariser).
 *
 * Source: Sultani et al., CVPR 2018; WaqasSultani/AnomalyDetectionCVPR2018. It is part of the
 * reported loss.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LossTerm } from "../contract/slot.ts";
import { squaredNorm } from "../ops/squared_norm/op.ts";

const config = z.strictObject({
  weight: z.number().default(1e-3).describe("factor of the term in the loss"),
});

export const weightL2: LossTerm<z.infer<typeof config>> = {
  name: "weight_l2",
  summary: "squares of all weight matrices",
  source: "Sultani et al., CVPR 2018",
  config,
  requires: {},
  build(_, scope) {
    const matrices = scope.parameters((_name, shape) => shape.length >= 2);
    return () => tf.addN(matrices.map((matrix) => squaredNorm(matrix))) as tf.Scalar;
  },
};
