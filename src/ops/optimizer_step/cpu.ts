/** Optimiser updates on the cpu: in place, one walk over each parameter and its state. */

import type * as tf from "@tensorflow/tfjs";
import { HYPER } from "./op.ts";
import { type CpuForm, registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadAdam", (backend, inputs, { decoupled }) => {
  const { parameter, gradient, m, v, hyper, scale } = inputs;
  if (backend.floats(scale)[0] === 0) return []; // a skipped update
  const at = (info: tf.TensorInfo) => backend.address(info);
  backend.passes.adam(
    ...[at(parameter), at(gradient), at(m), at(v), sizeOf(parameter.shape)] as const,
    ...[at(hyper), at(scale), decoupled ? 1 : 0] as const,
  );
  return [];
});

/** A rule with one state tensor. */
function inPlace(pass: "adagrad" | "sgd", state: string): CpuForm {
  return (backend, { parameter, gradient, hyper, scale, ...rest }) => {
    if (backend.floats(scale)[0] === 0) return [];
    const at = (info: tf.TensorInfo) => backend.address(info);
    backend.passes[pass](
      ...[at(parameter), at(gradient), at(rest[state]), sizeOf(parameter.shape)] as const,
      ...[at(hyper), at(scale)] as const,
    );
    return [];
  };
}

registerCpuForm("WsvadAdagrad", inPlace("adagrad", "accumulator"));
registerCpuForm("WsvadSgd", inPlace("sgd", "velocity"));

registerCpuForm("WsvadSumSquares", (backend, gradients) => {
  const infos = Object.values(gradients);
  const sums = infos.map((info) =>
    backend.passes.sumSquares(backend.address(info), sizeOf(info.shape))
  );
  const out = backend.output([infos.length]);
  backend.floats(out).set(sums);
  return out;
});

registerCpuForm("WsvadStableMoments", (backend, inputs) => {
  const ratio = backend.output(inputs.gradient.shape);
  const out = backend.floats(ratio);
  const scale = backend.floats(inputs.scale)[0];
  const count = sizeOf(inputs.gradient.shape);
  if (scale === 0) { // a skipped update
    out.fill(0, 0, count);
    return [ratio];
  }
  const hyper = backend.floats(inputs.hyper);
  const [gradient, m, v, largest] = [inputs.gradient, inputs.m, inputs.v, inputs.largest]
    .map((info) => backend.floats(info));
  const [beta1, rest1] = [hyper[HYPER.beta1], hyper[HYPER.oneMinusBeta1]];
  const [beta2, rest2] = [hyper[HYPER.beta2], hyper[HYPER.oneMinusBeta2]];
  const [root, epsilon] = [hyper[HYPER.rootCorrection2], hyper[HYPER.epsilon]];
  for (let i = 0; i < count; i++) {
    const g = gradient[i] * scale;
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * g * g;
    if (v[i] > largest[i]) largest[i] = v[i];
    out[i] = g / (Math.sqrt(largest[i]) / root + epsilon);
  }
  return [ratio];
});

registerCpuForm("WsvadStableUpdate", (backend, inputs) => {
  if (backend.floats(inputs.scale)[0] === 0) return [];
  const hyper = backend.floats(inputs.hyper);
  const [parameter, m, largest] = [inputs.parameter, inputs.m, inputs.largest]
    .map((info) => backend.floats(info));
  const count = sizeOf(inputs.parameter.shape);
  const excess = Math.max(1, Math.sqrt(backend.floats(inputs.squares)[0] / count));
  const rate = hyper[HYPER.lr] / excess, decay = hyper[HYPER.weightDecay];
  const [root, epsilon] = [hyper[HYPER.rootCorrection2], hyper[HYPER.epsilon]];
  for (let i = 0; i < count; i++) {
    const divisor = Math.sqrt(largest[i]) / root + epsilon;
    parameter[i] = decay * parameter[i] - rate * m[i] / divisor;
  }
  return [];
});
