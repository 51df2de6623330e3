/** Softmax and its gradient on the GPU, one pass each. */

import code from "../../../kernels/softmax.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const kernel = readKernel("softmax.wgsl", code);

registerGpuForm("WsvadSoftmax", (backend, { x, lengths }) => {
  const [rows, columns] = x.shape;
  const y = backend.output(x.shape);
  backend.dispatch({
    kernel,
    entry: "forward",
    constants: { LENGTHS: Number(lengths !== undefined) },
    bindings: { x, lengths: lengths ?? x, y },
    uniforms: { rows, columns, rows_each: rows / (lengths?.shape[0] ?? rows), undefined: NaN },
    workgroups: rows,
  });
  return y;
});

registerGpuForm("WsvadSoftmaxGrad", (backend, { dy, y }) => {
  const [rows, columns] = y.shape;
  const dx = backend.output(y.shape);
  backend.dispatch({
    kernel,
    entry: "gradient",
    bindings: { dy, y, dx },
    uniforms: { rows, columns, rows_each: 1, undefined: NaN },
    workgroups: rows,
  });
  return dx;
});
