/**
 * The similarity graph on the GPU: products of all pairs, then a pass over their rows; two passes
 * for the gradient.
 */

import * as tf from "@tensorflow/tfjs";
import bothCode from "../../../kernels/similarity_both.wgsl" with { type: "text" };
import rowsCode from "../../../kernels/similarity_rows.wgsl" with { type: "text" };
import shareCode from "../../../kernels/similarity_share.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { l2Norm } from "../l2_norm/op.ts";
import { COSINE_EPSILON as epsilon } from "./op.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const rowsKernel = readKernel("similarity_rows.wgsl", rowsCode);
const shareKernel = readKernel("similarity_share.wgsl", shareCode);
const bothKernel = readKernel("similarity_both.wgsl", bothCode);

type Tensors = Record<string, tf.Tensor3D>;

function output(backend: WsvadWebGPUBackend, shape: number[]): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.output(shape));
}

registerGpuForm("WsvadSimilarityGraph", (backend, inputs, { threshold }) =>
  tf.tidy(() => {
    const { x, lengths } = inputs as unknown as Tensors;
    const [B, T] = x.shape;
    const graph = output(backend, [B, T, T]);
    backend.dispatch({
      kernel: rowsKernel,
      bindings: { dots: tf.matMul(x, x, false, true), norms: l2Norm(x), lengths, graph },
      uniforms: { rows: B * T, snippets: T, threshold, epsilon },
      workgroups: B * T,
    });
    return graph;
  }));

registerGpuForm("WsvadSimilarityGraphGrad", (backend, inputs, { threshold }) =>
  tf.tidy(() => {
    const { dy, x, graph } = inputs as unknown as Tensors;
    const [B, T] = x.shape;
    const dots = tf.matMul(x, x, false, true), norms = l2Norm(x);
    const [share, both, shrink] = [[B, T, T], [B, T, T], [B, T]].map((shape) =>
      output(backend, shape)
    );
    const rows = { rows: B * T, snippets: T };
    backend.dispatch({
      kernel: shareKernel,
      bindings: { dots, norms, graph, dy, share },
      uniforms: { ...rows, threshold, epsilon },
      workgroups: B * T,
    });
    backend.dispatch({
      kernel: bothKernel,
      bindings: { share, dots, norms, both, shrink },
      uniforms: { ...rows, epsilon },
      workgroups: B * T,
    });
    return tf.sub(tf.matMul(both, x), tf.mul(x, tf.expandDims(shrink, 2)));
  }));
