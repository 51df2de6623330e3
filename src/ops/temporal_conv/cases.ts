/** Convolution over time, dilated too, and its two gradients. */

import {
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import { temporalConvGradientReference, temporalConvReference } from "./reference.ts";

const K = 3;

export const cases: OperationCases = {
  at({ B, N, T, C, O }) {
    const R = B * N, shape: [number, number, number, number, number] = [R, T, C, O, K];
    const x = drawn("x", [R, T, C]), weight = drawn("taps", [O, C, K]), bias = drawn("bias", [O]);
    const dz = drawn("dz", [R, T, O]);
    const flops = 2 * R * T * C * O * K;
    const forward = (activation: "relu" | "none", dilation: number): KernelCase => ({
      name: `WsvadTemporalConv ${activation} dilation ${dilation}`,
      inputs: { x, weight, bias },
      attributes: { dilation, activation },
      expected: ({ x, weight, bias }) => [
        temporalConvReference(x, weight, bias, shape, { dilation, activation }),
      ],
      tolerance: FLOAT_TOLERANCE,
      slopes: activation === "none" ? ["x", "weight", "bias"] : undefined, // relu has a kink
      timing: activation === "relu" && dilation === 1 ? { flops } : undefined,
    });
    return [1, 2].flatMap((dilation): KernelCase[] => {
      const timing = dilation === 1 ? { flops } : undefined;
      return [forward("relu", dilation), forward("none", dilation), {
        name: `WsvadTemporalConvGradInput dilation ${dilation}`,
        inputs: { dz, weight },
        attributes: { dilation },
        expected: ({ dz, weight }) => [
          temporalConvGradientReference(x.values(), weight, dz, shape, dilation).dx,
        ],
        tolerance: FLOAT_TOLERANCE,
        timing,
      }, {
        name: `WsvadTemporalConvGradWeight dilation ${dilation}`,
        inputs: { x, dz },
        attributes: { dilation, kernelSize: K },
        expected: ({ x, dz }) => [
          temporalConvGradientReference(x, weight.values(), dz, shape, dilation).dweight,
        ],
        tolerance: FLOAT_TOLERANCE,
        timing,
      }];
    });
  },
};
