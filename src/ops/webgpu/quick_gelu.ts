/** CLIP's activation and its gradient on the GPU, one pass each. */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/quick_gelu.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "./gpu_form.ts";

const kernel = readKernel("quick_gelu.wgsl", code);

function run(
  backend: WsvadWebGPUBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo | undefined,
): tf.TensorInfo {
  const y = backend.output(x.shape);
  const size = sizeOf(x.shape);
  backend.dispatch({
    kernel,
    constants: { GRADIENT: Number(dy !== undefined) },
    bindings: { dy: dy ?? x, x, y },
    uniforms: { size },
    workgroups: elementwise(size),
  });
  return y;
}

registerGpuForm("WsvadQuickGelu", (backend, { x }) => run(backend, x, undefined));
registerGpuForm("WsvadQuickGeluGrad", (backend, { x, dy }) => run(backend, x, dy));
