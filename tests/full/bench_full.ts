/** The software GPU takes half a minute for the kernels of bench. */

import { testWholeTable } from "../support/bench_table.ts";
import { hasAdapter } from "../support/gpu.ts";

testWholeTable("webgpu", { device: "webgpu" }, !hasAdapter);
