/** Optimiser updates on the cpu: in place, one walk over each parameter and its state. */

import type * as tf from "@tensorflow/tfjs";
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
