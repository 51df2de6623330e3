/** Attention on the webgpu device with heads that several workgroups share. */

import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { cases } from "../../src/ops/attention/cases.ts";
import { runCases } from "../../src/ops/kernel/run_case.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { hasAdapter } from "../support/gpu.ts";

const SIZES = { B: 1, N: 2, T: 34, C: 260, O: 516, k: 1, P: 1 };

Deno.test({
  name: "attention() on webgpu with heads of 260 and 516 channels runs our kernels, not a table",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      const backend = tf.backend() as WsvadWebGPUBackend, kernels: string[] = [];
      const dispatch = backend.dispatch.bind(backend);
      backend.dispatch = (given) => (kernels.push(given.kernel.name), dispatch(given));
      const wide = cases.at(SIZES).filter(({ name }) => / (plain|windows)$/.test(name));
      for (const [i, { name, error }] of (await runCases(wide)).entries()) {
        assert(error <= wide[i].tolerance, `${name}: ${error}`);
      }
      for (const kernel of ["attention", "attention_query_gradient", "attention_key_gradient"]) {
        assert(kernels.includes(`${kernel}.wgsl`), `${kernel} did not run: ${new Set(kernels)}`);
      }
    } finally {
      await device.close();
    }
  },
});
