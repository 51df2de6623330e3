/** Layer, channel and group norm on the GPU: the first two are groups of one row each. */

import type * as tf from "@tensorflow/tfjs";
import forwardCode from "../../../kernels/group_norm.wgsl" with { type: "text" };
import gradientCode from "../../../kernels/group_norm_gradient.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { activationCode } from "../../device/webgpu/bias_activation.ts";
import { columnSum } from "../../device/webgpu/column_sum.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import type { Activation } from "../activation/op.ts";
import { type GpuForm, registerGpuForm } from "../kernel/gpu_form.ts";

const forward = readKernel("group_norm.wgsl", forwardCode);
const gradient = readKernel("group_norm_gradient.wgsl", gradientCode);

/** Values of a group from which a workgroup has 256 lanes instead of 32. */
const LARGE = 4096;

interface NormAttributes {
  groups?: number;
  epsilon: number;
  activation?: Activation;
  guard?: boolean;
}

/** How the groups of x [R, T, C] or [M, C] lie. */
function groupsOf(x: tf.TensorInfo, { groups = 1, epsilon }: NormAttributes) {
  const C = x.shape.at(-1)!, T = x.shape.length === 3 ? x.shape[1] : 1;
  const blocks = x.shape[0] * groups;
  return {
    uniforms: { blocks, groups, T, C, epsilon },
    WORKGROUP: T * C / groups < LARGE ? 32 : 256,
  };
}

/** @param beside whether epsilon stands beside the root */
function norm(beside: boolean): GpuForm {
  return (backend, { x, gamma, beta }, attributes) => {
    const { activation = "none" } = attributes as NormAttributes;
    const { uniforms, WORKGROUP } = groupsOf(x, attributes as NormAttributes);
    const y = backend.output(x.shape);
    backend.dispatch({
      kernel: forward,
      constants: { WORKGROUP, BESIDE: Number(beside), ACTIVATION: activationCode[activation] },
      bindings: { x, gamma, beta, y },
      uniforms,
      workgroups: uniforms.blocks,
    });
    return y;
  };
}

/** @param slope name of the gradient before the activation */
function normGradient(slope: "dy" | "dz", beside: boolean): GpuForm {
  return (backend, { [slope]: dz, x, gamma }, attributes) => {
    const { uniforms, WORKGROUP } = groupsOf(x, attributes as NormAttributes);
    const dx = backend.output(x.shape), products = backend.output(x.shape);
    backend.dispatch({
      kernel: gradient,
      constants: { WORKGROUP, BESIDE: Number(beside) },
      bindings: { dz, x, gamma, dx, products },
      uniforms: { ...uniforms, at_zero: attributes.guard ? 0 : NaN },
      workgroups: uniforms.blocks,
    });
    const dgamma = sumOfRows(backend, products);
    backend.disposeData(products.dataId);
    return [dx, dgamma, sumOfRows(backend, dz)];
  };
}

/** x [..., C] -> [C]. */
function sumOfRows(backend: WsvadWebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  const C = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return columnSum(backend, { ...x, shape: [rows, C] });
}

registerGpuForm("WsvadLayerNorm", norm(false));
registerGpuForm("WsvadLayerNormGrad", normGradient("dy", false));
registerGpuForm("WsvadChannelNorm", norm(true));
registerGpuForm("WsvadChannelNormGrad", normGradient("dy", true));
registerGpuForm("WsvadGroupNorm", norm(false));
registerGpuForm("WsvadGroupNormGrad", normGradient("dz", false));
