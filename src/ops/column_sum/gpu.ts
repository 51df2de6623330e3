/** Column sums on the GPU. */

import { columnSum } from "../../device/webgpu/column_sum.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

registerGpuForm("WsvadColumnSum", (backend, { x }) => columnSum(backend, x));
