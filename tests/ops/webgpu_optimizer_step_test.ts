/** Adam of several parameters in a dispatch on the webgpu device. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { adamSteps, optimizerStep } from "../../src/ops/optimizer_step/op.ts";
import { hasAdapter } from "../support/gpu.ts";

const SIZES = [5, 70_000, 1, 300, 256, 4096, 17, 257, 3, 999];
const HYPER = [0.01, 0.9, 0.1, 0.999, 0.001, 1e-8, 0.3, 0.5, 0];

function made() {
  return SIZES.map((size, i) => ({
    variables: {
      parameter: tf.variable(tf.tensor1d(numbers(`parameter ${i}`, size))),
      m: tf.variable(tf.tensor1d(numbers(`m ${i}`, size))),
      v: tf.variable(tf.square(tf.tensor1d(numbers(`v ${i}`, size)))),
    },
    gradient: tf.tensor1d(numbers(`gradient ${i}`, size)),
  }));
}

Deno.test({
  name:
    "adamSteps() on webgpu gives each parameter the bits of a step of its own, in fewer dispatches",
  ignore: !hasAdapter,
  sanitizeResources: false,
  async fn() {
    const device = await openDevice({ device: "webgpu" });
    try {
      const backend = tf.backend() as WsvadWebGPUBackend;
      let dispatches = 0;
      const dispatch = backend.dispatch.bind(backend);
      backend.dispatch = (given) => (dispatches++, dispatch(given));
      const shared = { hyper: tf.tensor1d(HYPER), scale: tf.tensor1d([0.5]) };
      for (const decoupled of [false, true]) {
        const [together, apart] = [made(), made()];
        const { numDataBuffers } = tf.memory();
        dispatches = 0;
        adamSteps(together, shared, { decoupled });
        const most = backend.device.limits.maxStorageBuffersPerShaderStage < 30 ? SIZES.length : 2;
        assertEquals([dispatches, tf.memory().numDataBuffers], [most, numDataBuffers]);
        for (const { variables, gradient } of apart) {
          optimizerStep("WsvadAdam", variables, { gradient, ...shared }, { decoupled });
        }
        for (const [i, { variables }] of together.entries()) {
          for (const key of ["parameter", "m", "v"] as const) {
            const found = await variables[key].data();
            assertEquals(found, await apart[i].variables[key].data(), `${key} ${i}`);
            assert(found.every(Number.isFinite));
          }
        }
      }
    } finally {
      await device.close();
    }
  },
});
