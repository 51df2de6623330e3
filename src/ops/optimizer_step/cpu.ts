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
  const { gradient, m, v, largest, hyper, scale } = inputs;
  const count = sizeOf(gradient.shape), ratio = backend.output(gradient.shape);
  if (backend.floats(scale)[0] === 0) { // a skipped update
    backend.floats(ratio).fill(0);
    return [ratio];
  }
  const [g, ...states] = [gradient, m, v, largest].map((info) => backend.address(info));
  const [mAt, vAt, largestAt] = states, to = backend.address(ratio);
  const [hyperAt, scaleAt] = [backend.address(hyper), backend.address(scale)];
  backend.passes.stableMoments(g, mAt, vAt, largestAt, to, count, hyperAt, scaleAt);
  return [ratio];
});

registerCpuForm("WsvadStableUpdate", (backend, { parameter, m, largest, ...others }) => {
  const [hyper, scale, squares] = ["hyper", "scale", "squares"]
    .map((name) => backend.floats(others[name]));
  if (scale[0] === 0) return [];
  const count = sizeOf(parameter.shape), { fround } = Math;
  const excess = Math.max(1, fround(Math.sqrt(fround(squares[0] / count))));
  backend.passes.stableUpdate(
    ...[backend.address(parameter), backend.address(m), backend.address(largest)] as const,
    ...[count, backend.address(others.hyper), fround(hyper[HYPER.lr] / excess)] as const,
  );
  return [];
});
