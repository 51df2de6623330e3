/** Batch normalisation over rows on the GPU. */

import type * as tf from "@tensorflow/tfjs";
import forwardCode from "../../../kernels/batch_norm.wgsl" with { type: "text" };
import gradientCode from "../../../kernels/batch_norm_gradient.wgsl" with { type: "text" };
import scaleShiftCode from "../../../kernels/scale_shift.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const forward = readKernel("batch_norm.wgsl", forwardCode);
const gradient = readKernel("batch_norm_gradient.wgsl", gradientCode);
const scaleShift = readKernel("scale_shift.wgsl", scaleShiftCode);

/** ROWS and COLUMNS of the kernels: what one workgroup sums. */
const ROWS = 256, COLUMNS = 32;

function blocksOf(x: tf.TensorInfo): number {
  return Math.ceil(x.shape[0] / ROWS);
}

registerGpuForm("WsvadBatchNormTrain", (backend, { x, gamma, beta }, { epsilon }) => {
  const [rows, columns] = x.shape;
  const blocks = blocksOf(x);
  const uniforms = { rows, columns, epsilon };
  const partial = backend.output([blocks, 2, columns]);
  const mean = backend.output([columns]), variance = backend.output([columns]);
  const y = backend.output(x.shape);
  backend.dispatch({
    kernel: forward,
    entry: "block_moments",
    bindings: { x, partial },
    uniforms,
    workgroups: blocks * Math.ceil(columns / COLUMNS),
  });
  backend.dispatch({
    kernel: forward,
    entry: "moments",
    bindings: { partial, mean, variance },
    uniforms,
    workgroups: Math.ceil(columns / 64),
  });
  backend.dispatch({
    kernel: forward,
    entry: "normalise",
    bindings: { x, gamma, beta, mean, variance, y },
    uniforms,
    workgroups: elementwise(rows * columns),
  });
  backend.disposeData(partial.dataId);
  return [y, mean, variance];
});

registerGpuForm("WsvadBatchNormGrad", (backend, inputs, { epsilon }) => {
  const { dy, x, gamma, mean, variance } = inputs;
  const [rows, columns] = x.shape;
  const blocks = blocksOf(x);
  const uniforms = { rows, columns, epsilon };
  const partial = backend.output([blocks, 2, columns]);
  const dgamma = backend.output([columns]), dbeta = backend.output([columns]);
  const dx = backend.output(x.shape);
  backend.dispatch({
    kernel: gradient,
    entry: "block_sums",
    bindings: { dy, x, mean, variance, partial },
    uniforms,
    workgroups: blocks * Math.ceil(columns / COLUMNS),
  });
  backend.dispatch({
    kernel: gradient,
    entry: "parameter_gradients",
    bindings: { partial, dgamma, dbeta },
    uniforms,
    workgroups: Math.ceil(columns / 64),
  });
  backend.dispatch({
    kernel: gradient,
    entry: "input_gradient",
    bindings: { dy, x, gamma, mean, variance, dgamma, dbeta, dx },
    uniforms,
    workgroups: elementwise(rows * columns),
  });
  backend.disposeData(partial.dataId);
  return [dx, dgamma, dbeta];
});

registerGpuForm("WsvadScaleShift", (backend, { x, scale, shift }) => {
  const y = backend.output(x.shape);
  const size = sizeOf(x.shape);
  backend.dispatch({
    kernel: scaleShift,
    bindings: { x, scale, shift, y },
    uniforms: { size, columns: scale.shape[0] },
    workgroups: elementwise(size),
  });
  return y;
});
