/** Depthwise convolution with few kernels on the GPU. */

import * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/shared_conv.wgsl" with { type: "text" };
import { columnSum } from "../../device/webgpu/column_sum.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const kernel = readKernel("shared_conv.wgsl", code);

/** ROWS and COLUMNS of the kernel: what one workgroup sums. */
const ROWS = 256, COLUMNS = 32;

registerGpuForm("WsvadSharedConv", (backend, { x, weight, bias }) => {
  const [R, T, C] = x.shape, [H, K] = weight.shape;
  const y = backend.output(x.shape);
  backend.dispatch({
    kernel,
    entry: "forward",
    constants: { BIAS: Number(bias !== undefined) },
    bindings: { x, weight, bias: bias ?? weight, y },
    uniforms: { rows: R * T, T, C, H, K },
    workgroups: elementwise(sizeOf(x.shape)),
  });
  return y;
});

registerGpuForm("WsvadSharedConvGradWeight", (backend, { x, dy }, attributes) => {
  const { kernels: H, kernelSize: K } = attributes;
  const [R, T, C] = x.shape;
  const blocks = Math.ceil(R * T / ROWS);
  const perBlock = backend.output([blocks, K * C]);
  backend.dispatch({
    kernel,
    entry: "weight_sums",
    bindings: { x, dy, y: perBlock },
    uniforms: { rows: R * T, T, C, H, K },
    workgroups: blocks * K * Math.ceil(C / COLUMNS),
  });
  const perChannel = columnSum(backend, perBlock);
  backend.disposeData(perBlock.dataId);
  return tf.tidy(() => {
    const sums = tf.engine().makeTensorFromTensorInfo(perChannel); // [K C]
    return tf.transpose(tf.sum(tf.reshape(sums, [K, C / H, H]), 1)); // [H, K]
  });
});
