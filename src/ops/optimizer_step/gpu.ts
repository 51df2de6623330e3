/** Optimiser updates in place on the GPU, one dispatch per parameter, or of Adam per several. */

import type * as tf from "@tensorflow/tfjs";
import adagradCode from "../../../kernels/adagrad.wgsl" with { type: "text" };
import momentsCode from "../../../kernels/stable_moments.wgsl" with { type: "text" };
import stableCode from "../../../kernels/stable_update.wgsl" with { type: "text" };
import sgdCode from "../../../kernels/sgd.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";
import { adamKernel } from "./adam_places.ts";
import { type AdamPart, adamParts } from "./together.ts";

const adagrad = readKernel("adagrad.wgsl", adagradCode);
const sgd = readKernel("sgd.wgsl", sgdCode);

const moments = readKernel("stable_moments.wgsl", momentsCode);
const stable = readKernel("stable_update.wgsl", stableCode);

for (const [name, kernel] of [["WsvadAdagrad", adagrad], ["WsvadSgd", sgd]] as const) {
  registerGpuForm(name, (backend, inputs) => {
    const size = sizeOf(inputs.parameter.shape);
    backend.dispatch({
      kernel,
      bindings: inputs,
      uniforms: { size },
      workgroups: elementwise(size),
    });
    return []; // the variables hold the new values
  });
}

registerGpuForm("WsvadAdam", (backend, { parameter, gradient, ...shared }, { decoupled }) => {
  stepTogether(backend, [{ parameter, gradient, offset: 0 }], shared, decoupled);
  return [];
});

registerGpuForm("WsvadAdamTogether", (backend, inputs, { offsets, decoupled }) => {
  stepTogether(backend, adamParts(inputs, offsets), inputs, decoupled);
  return [];
});

/** One dispatch for all parts. */
function stepTogether(
  backend: WsvadWebGPUBackend,
  parts: AdamPart<tf.TensorInfo>[],
  { m, v, hyper, scale }: Record<string, tf.TensorInfo>,
  decoupled: boolean,
): void {
  const bindings: Record<string, tf.TensorInfo> = { m, v, hyper, scale };
  const uniforms: Record<string, number> = {};
  let workgroups = 0;
  for (const [k, { parameter, gradient, offset }] of parts.entries()) {
    const size = sizeOf(parameter.shape);
    Object.assign(bindings, { [`parameter${k}`]: parameter, [`gradient${k}`]: gradient });
    Object.assign(uniforms, {
      [`first${k}`]: workgroups,
      [`size${k}`]: size,
      [`offset${k}`]: offset,
    });
    workgroups += elementwise(size);
  }
  const kernel = adamKernel(parts.length), constants = { DECOUPLED: decoupled ? 1 : 0 };
  backend.dispatch({ kernel, constants, bindings, uniforms, workgroups });
}

registerGpuForm("WsvadStableMoments", (backend, inputs) => {
  const ratio = backend.output(inputs.gradient.shape);
  const size = sizeOf(inputs.gradient.shape);
  backend.dispatch({
    kernel: moments,
    bindings: { ...inputs, ratio },
    uniforms: { size },
    workgroups: elementwise(size),
  });
  return [ratio];
});

registerGpuForm("WsvadStableUpdate", (backend, inputs) => {
  const size = sizeOf(inputs.parameter.shape);
  backend.dispatch({
    kernel: stable,
    bindings: inputs,
    uniforms: { size },
    workgroups: elementwise(size),
  });
  return [];
});
