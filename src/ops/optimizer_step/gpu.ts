/**
 * Optimiser updates in place on the GPU, one dispatch per parameter; of Adam several, where the
 * adapter binds so many buffers.
 */

import adagradCode from "../../../kernels/adagrad.wgsl" with { type: "text" };
import type * as tf from "@tensorflow/tfjs";
import adamCode from "../../../kernels/adam.wgsl" with { type: "text" };
import togetherCode from "../../../kernels/adam_together.wgsl" with { type: "text" };
import momentsCode from "../../../kernels/stable_moments.wgsl" with { type: "text" };
import stableCode from "../../../kernels/stable_update.wgsl" with { type: "text" };
import sgdCode from "../../../kernels/sgd.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";
import { ADAM_TOGETHER, adamPart } from "./op.ts";

const adam = readKernel("adam.wgsl", adamCode);
const adagrad = readKernel("adagrad.wgsl", adagradCode);
const sgd = readKernel("sgd.wgsl", sgdCode);

const together = readKernel("adam_together.wgsl", togetherCode);

const moments = readKernel("stable_moments.wgsl", momentsCode);
const stable = readKernel("stable_update.wgsl", stableCode);

const inPlace = { WsvadAdam: adam, WsvadAdagrad: adagrad, WsvadSgd: sgd };

for (const [name, kernel] of Object.entries(inPlace)) {
  registerGpuForm(name, (backend, inputs, { decoupled }) => {
    const constants: Record<string, number> = name === "WsvadAdam"
      ? { DECOUPLED: decoupled ? 1 : 0 }
      : {};
    const size = sizeOf(inputs.parameter.shape), workgroups = elementwise(size);
    backend.dispatch({ kernel, constants, bindings: inputs, uniforms: { size }, workgroups });
    return []; // the variables hold the new values
  });
}

/** Storage buffers that adam_together.wgsl binds, and workgroups that it does not fold. */
const BUFFERS = together.bindings.length, MOST_GROUPS = 65535;

registerGpuForm("WsvadAdamTogether", (backend, inputs, { count, decoupled }) => {
  const { hyper, scale } = inputs, constants = { DECOUPLED: decoupled ? 1 : 0 };
  const parts = Array.from({ length: count }, (_, place) => adamPart(inputs, place));
  const sizes = parts.map(({ parameter }) => sizeOf(parameter.shape));
  const most = elementwise(sizes.reduce((a, b) => Math.max(a, b)));
  const { maxStorageBuffersPerShaderStage: bound } = backend.device.limits;
  if (count === 1 || bound < BUFFERS || most > MOST_GROUPS) {
    parts.forEach((part, place) => {
      const bindings = { ...part, hyper, scale }, uniforms = { size: sizes[place] };
      const workgroups = elementwise(sizes[place]);
      backend.dispatch({ kernel: adam, constants, bindings, uniforms, workgroups });
    });
    return [];
  }
  const empty = emptyPlaces(backend, inputs, count);
  backend.dispatch({
    kernel: together,
    constants,
    bindings: { ...inputs, ...empty },
    uniforms: Object.fromEntries(
      Array.from({ length: ADAM_TOGETHER }, (_, place) => [`size${place}`, sizes[place] ?? 0]),
    ),
    workgroups: [most, count, 1],
  });
  for (const [name, { dataId }] of Object.entries(empty)) {
    if (!name.startsWith("gradient")) backend.disposeData(dataId);
  }
  return [];
});

/** What is bound where there is no parameter: no buffer may be bound twice that is written. */
function emptyPlaces(
  backend: WsvadWebGPUBackend,
  { gradient0 }: Record<string, tf.TensorInfo>,
  count: number,
): Record<string, tf.TensorInfo> {
  const names = Array.from({ length: ADAM_TOGETHER - count }, (_, i) => count + i);
  return Object.fromEntries(names.flatMap((place) => [
    [`gradient${place}`, gradient0],
    ...["parameter", "m", "v"].map((key) => [`${key}${place}`, backend.output([1])]),
  ]));
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
