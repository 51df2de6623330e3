/** Optimiser updates in place on the GPU, one dispatch per parameter, and the gradients' norms. */

import adagradCode from "../../../kernels/adagrad.wgsl" with { type: "text" };
import adamCode from "../../../kernels/adam.wgsl" with { type: "text" };
import sgdCode from "../../../kernels/sgd.wgsl" with { type: "text" };
import sumSquaresCode from "../../../kernels/sum_squares.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "./gpu_form.ts";

const adam = readKernel("adam.wgsl", adamCode);
const adagrad = readKernel("adagrad.wgsl", adagradCode);
const sgd = readKernel("sgd.wgsl", sgdCode);
const sumSquares = readKernel("sum_squares.wgsl", sumSquaresCode);

const inPlace = { WsvadAdam: adam, WsvadAdagrad: adagrad, WsvadSgd: sgd };

for (const [name, kernel] of Object.entries(inPlace)) {
  registerGpuForm(name, (backend, inputs, { decoupled }) => {
    const size = sizeOf(inputs.parameter.shape);
    backend.dispatch({
      kernel,
      constants: name === "WsvadAdam" ? { DECOUPLED: decoupled ? 1 : 0 } : {},
      bindings: inputs,
      uniforms: { size },
      workgroups: elementwise(size),
    });
    return []; // the variables hold the new values
  });
}

/** GROUPS of sum_squares.wgsl: partial sums of one tensor. */
const GROUPS = 64;

registerGpuForm("WsvadSumSquares", (backend, gradients) => {
  const tensors = Object.values(gradients);
  const partial = backend.output([tensors.length, GROUPS]);
  const sums = backend.output([tensors.length]);
  tensors.forEach((x, tensor) => {
    backend.dispatch({
      kernel: sumSquares,
      entry: "partial_sums",
      bindings: { x, partial },
      uniforms: { size: sizeOf(x.shape), tensor },
      workgroups: [GROUPS, 1, 1],
    });
  });
  backend.dispatch({
    kernel: sumSquares,
    entry: "total",
    bindings: { partial, sums },
    workgroups: tensors.length,
  });
  backend.disposeData(partial.dataId);
  return sums;
});
