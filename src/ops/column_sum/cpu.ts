/** Sum over rows on the cpu: blocks of rows in single precision, their totals in double. */

import type * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** x [M, C] -> [C], divided by `divisor`. */
export function columnSumOf(backend: CpuBackend, x: tf.TensorInfo, divisor = 1): tf.TensorInfo {
  const [rows, columns] = x.shape;
  const out = backend.output([columns]);
  const { passes } = backend;
  backend.withScratch(passes.columnScratchBytes(columns), (scratch) => {
    passes.columnSum(
      backend.address(x),
      rows,
      columns,
      divisor,
      backend.address(out),
      scratch,
    );
  });
  return out;
}

registerCpuForm("WsvadColumnSum", (backend, { x }) => columnSumOf(backend, x));
