/** Selection of snippets on the GPU: the largest values, and the rows that stand there. */

import gatherCode from "../../../kernels/gather_snippets.wgsl" with { type: "text" };
import scatterCode from "../../../kernels/scatter_snippets.wgsl" with { type: "text" };
import topKCode from "../../../kernels/top_k.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { elementwise, registerGpuForm, sizeOf } from "../kernel/gpu_form.ts";

const topK = readKernel("top_k.wgsl", topKCode);
const gather = readKernel("gather_snippets.wgsl", gatherCode);
const scatter = readKernel("scatter_snippets.wgsl", scatterCode);

registerGpuForm("WsvadTopKIndices", (backend, { values }, { k }) => {
  const [rows, snippets] = values.shape;
  const index = backend.output([rows, k], "int32");
  backend.dispatch({
    kernel: topK,
    bindings: { values, index },
    uniforms: { rows, snippets, k },
    workgroups: rows,
  });
  return index;
});

registerGpuForm("WsvadGatherSnippets", (backend, { features, index }) => {
  const [videos, crops, snippets, channels] = features.shape;
  const k = index.shape[1];
  const y = backend.output([videos, crops, k, channels]);
  const size = sizeOf(y.shape);
  backend.dispatch({
    kernel: gather,
    bindings: { x: features, index, y },
    uniforms: { size, crops, snippets, channels, k },
    workgroups: elementwise(size),
  });
  return y;
});

registerGpuForm("WsvadScatterSnippets", (backend, { dy, index }, { snippets }) => {
  const [videos, crops, k, channels] = dy.shape;
  const dx = backend.output([videos, crops, snippets, channels]);
  const size = sizeOf(dx.shape);
  backend.dispatch({
    kernel: scatter,
    bindings: { dy, index, dx },
    uniforms: { size, crops, snippets, channels, k },
    workgroups: elementwise(size),
  });
  return dx;
});
