/** Layer, channel and group norm, GELU and the shared convolution against plain loops, for the self-test. */

import "../layer_norm/op.ts";
import "../channel_norm/op.ts";
import "../group_norm/op.ts";
import "../shared_conv/op.ts";
import * as tf from "@tensorflow/tfjs";
import { channelNormReference } from "../channel_norm/reference.ts";
import { gelu } from "../gelu/op.ts";
import { groupNormReference } from "../group_norm/reference.ts";
import { runKernel, runKernels } from "./kernel.ts";
import { type CaseSizes, FLOAT_TOLERANCE, type KernelCase, numbers } from "./kernel_case.ts";
import { layerNormReference } from "../layer_norm/reference.ts";
import { normGradientReference } from "./norm_loops.ts";
import { geluReference, geluSlopeReference } from "../gelu/reference.ts";
import { sharedConvReference } from "../shared_conv/reference.ts";

const EPSILON = 1e-3;
/** Kernels of the shared convolution, and taps of each. */
const KERNELS = 3, TAPS = 5;

/** The formula of the error function is good to 1.5e-7, its slope's factors add up. */
const GELU_TOLERANCE = 2e-6;

export function normCases({ B, N, T, C }: CaseSizes): KernelCase[] {
  return [
    ...rowNormCases(B * N * T, C),
    ...groupNormCases(B * N, T, C),
    ...convCases(B, T, C),
    ...geluCases(T * C),
  ];
}

function rowNormCases(M: number, C: number): KernelCase[] {
  const [x, dy] = [numbers("x", M * C), numbers("dy", M * C)];
  const [gamma, beta] = [numbers("gamma", C), numbers("beta", C)];
  const rows = Array.from({ length: M }, (_, m) => Array.from({ length: C }, (_, c) => m * C + c));
  // One channel alone is its own mean: the slope of the deviation is then a matter of rounding.
  const guard = true;
  return (["WsvadLayerNorm", "WsvadChannelNorm"] as const).flatMap((name) => {
    const beside = name === "WsvadChannelNorm";
    const reference = beside ? channelNormReference : layerNormReference;
    const gradient = normGradientReference(dy, x, gamma, rows, { epsilon: EPSILON, beside });
    const attributes = { epsilon: EPSILON, guard };
    const inputs = () => ({ x: tf.tensor(x, [M, C]), gamma: tf.tensor1d(gamma) });
    return [{
      name,
      tolerance: FLOAT_TOLERANCE,
      expected: [reference(x, gamma, beta, [M, C], EPSILON)],
      run: () => [runKernel(name, { ...inputs(), beta: tf.tensor1d(beta) }, attributes)],
    }, {
      name: `${name}Grad`,
      tolerance: FLOAT_TOLERANCE,
      expected: [gradient.dx, gradient.dgamma, gradient.dbeta],
      run: () => runKernels(`${name}Grad`, { dy: tf.tensor(dy, [M, C]), ...inputs() }, attributes),
    }];
  });
}

function groupNormCases(R: number, T: number, C: number): KernelCase[] {
  const groups = C % 2 === 0 ? 2 : 1, width = C / groups;
  const shape: [number, number, number] = [R, T, C];
  const [x, dz] = [numbers("x", R * T * C), numbers("dy", R * T * C)];
  const [gamma, beta] = [numbers("gamma", C), numbers("beta", C)];
  const places = Array.from({ length: R * groups }, (_, i) => {
    const r = Math.floor(i / groups), first = i % groups * width;
    return Array.from({ length: T * width }, (_, j) => {
      return (r * T + Math.floor(j / width)) * C + first + j % width;
    });
  });
  const gradient = normGradientReference(dz, x, gamma, places, { epsilon: EPSILON, beside: false });
  const attributes = { groups, epsilon: EPSILON, activation: "relu" as const };
  const inputs = () => ({ x: tf.tensor(x, shape), gamma: tf.tensor1d(gamma) });
  return [{
    name: "WsvadGroupNorm",
    tolerance: FLOAT_TOLERANCE,
    expected: [groupNormReference(x, gamma, beta, shape, attributes)],
    run: () => [runKernel("WsvadGroupNorm", { ...inputs(), beta: tf.tensor1d(beta) }, attributes)],
  }, {
    name: "WsvadGroupNormGrad",
    tolerance: FLOAT_TOLERANCE,
    expected: [gradient.dx, gradient.dgamma, gradient.dbeta],
    run: () =>
      runKernels("WsvadGroupNormGrad", { dz: tf.tensor(dz, shape), ...inputs() }, attributes),
  }];
}

function convCases(R: number, T: number, width: number): KernelCase[] {
  const C = width * KERNELS, reach = (TAPS - 1) / 2;
  const shape: [number, number, number] = [R, T, C];
  const [x, dy] = [numbers("wide x", R * T * C), numbers("wide dy", R * T * C)];
  const [weight, bias] = [numbers("shared", KERNELS * TAPS), numbers("bias", KERNELS)];
  const dweight = new Float64Array(KERNELS * TAPS);
  for (let i = 0; i < R * T * C; i++) {
    const c = i % C, t = Math.floor(i / C) % T;
    for (let k = 0; k < TAPS; k++) {
      const from = t + k - reach;
      if (from >= 0 && from < T) dweight[c % KERNELS * TAPS + k] += dy[i] * x[i + (k - reach) * C];
    }
  }
  return [{
    name: "WsvadSharedConv",
    tolerance: FLOAT_TOLERANCE,
    expected: [sharedConvReference(x, weight, bias, [R, T, C, KERNELS, TAPS])],
    run: () => [
      runKernel("WsvadSharedConv", {
        x: tf.tensor(x, shape),
        weight: tf.tensor(weight, [KERNELS, TAPS]),
        bias: tf.tensor1d(bias),
      }),
    ],
  }, {
    name: "WsvadSharedConvGradWeight",
    tolerance: FLOAT_TOLERANCE,
    expected: [dweight],
    run: () => [
      runKernel("WsvadSharedConvGradWeight", {
        x: tf.tensor(x, shape),
        dy: tf.tensor(dy, shape),
      }, { kernels: KERNELS, kernelSize: TAPS }),
    ],
  }];
}

function geluCases(size: number): KernelCase[] {
  const x = numbers("x", size).map((value) => 4 * value), dy = numbers("dy", size);
  return [{
    name: "WsvadGelu",
    tolerance: GELU_TOLERANCE,
    expected: [Float64Array.from(x, geluReference)],
    run: () => [gelu(tf.tensor1d(x))],
  }, {
    name: "WsvadGeluGrad",
    tolerance: GELU_TOLERANCE,
    expected: [Float64Array.from(x, (value, i) => dy[i] * geluSlopeReference(value))],
    run: () => [runKernel("WsvadGeluGrad", { dy: tf.tensor1d(dy), x: tf.tensor1d(x) })],
  }];
}
