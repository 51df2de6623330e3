/** The end of a step with a scaled loss on the GPU: nothing is read back to decide. */

import code from "../../../kernels/loss_scale.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { CLIP_EPSILON } from "./op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const lossScale = readKernel("loss_scale.wgsl", code);

registerGpuForm("WsvadLossScale", (backend, { state, squares }, { clip, growthInterval }) => {
  const factor = backend.output([1]), seen = backend.output(squares.shape);
  backend.dispatch({
    kernel: lossScale,
    bindings: { state, squares, factor, seen },
    uniforms: {
      parameters: squares.shape[0],
      growth_interval: growthInterval,
      clip,
      clip_epsilon: CLIP_EPSILON,
    },
    workgroups: 1,
  });
  return [factor, seen]; // the state holds its new values
});
