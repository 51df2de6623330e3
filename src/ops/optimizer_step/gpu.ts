/** Optimiser updates in place on the GPU, one dispatch per parameter. */

import adagradCode from "../../../kernels/adagrad.wgsl" with { type: "text" };
import adamCode from "../../../kernels/adam.wgsl" with { type: "text" };
import momentsCode from "../../../kernels/stable_moments.wgsl" with { type: "text" };
import stableCode from "../../../kernels/stable_update.wgsl" with { type: "text" };
import sgdCode from "../../../kernels/sgd.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const adam = readKernel("adam.wgsl", adamCode);
const adagrad = readKernel("adagrad.wgsl", adagradCode);
const sgd = readKernel("sgd.wgsl", sgdCode);

const moments = readKernel("stable_moments.wgsl", momentsCode);
const stable = readKernel("stable_update.wgsl", stableCode);

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
