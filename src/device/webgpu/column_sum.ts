/** Column sums on the webgpu device: bias gradients, and the last step of sliced products. */

import type * as tf from "@tensorflow/tfjs";
import code from "../../../kernels/column_sum.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "./backend.ts";
import { readKernel } from "./pipelines.ts";

const columnSumKernel = readKernel("column_sum.wgsl", code);

/** COLUMNS and ROWS of column_sum.wgsl: what one workgroup sums. */
const COLUMNS = 32, ROWS = 256;

/** x f32 [M, C] -> [C], in passes that each sum 256 rows to one. */
export function columnSum(backend: WsvadWebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  const columns = x.shape[1];
  let rows = x.shape[0];
  let from = x;
  for (;;) {
    const blocks = Math.max(1, Math.ceil(rows / ROWS));
    const y = backend.output(blocks === 1 ? [columns] : [blocks, columns]);
    backend.dispatch({
      kernel: columnSumKernel,
      bindings: { x: from, y },
      uniforms: { rows, columns },
      workgroups: blocks * Math.ceil(columns / COLUMNS),
    });
    if (from !== x) backend.disposeData(from.dataId);
    if (blocks === 1) return y;
    from = y;
    rows = blocks;
  }
}
