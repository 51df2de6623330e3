import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { fault, isFault } from "../../src/fault.ts";
import { assemble } from "../../src/model/assemble.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { disposePass, runPass } from "../../src/train/step.ts";
import { smallRunner } from "../model/combinations.ts";
import { hasAdapter } from "../support/gpu.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";

/** Buffers of the host's memory are under no budget. */
const TRANSFER = GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE;

/** Does `work` while the GPU's budget is used up at the request for a buffer number `n`. */
function withGpuFullAt(
  { bufferManager }: WsvadWebGPUBackend,
  n: number,
  work: () => void,
): { requests: number; error?: unknown } {
  const acquire = bufferManager.acquireBuffer;
  let requests = 0;
  bufferManager.acquireBuffer = (size, usage, ...others) => {
    if (!(usage & TRANSFER) && requests++ === n) throw fault(RangeError, "full");
    return acquire.call(bufferManager, size, usage, ...others);
  };
  try {
    work();
    return { requests };
  } catch (error) {
    return { error, requests };
  } finally {
    bufferManager.acquireBuffer = acquire;
  }
}

Deno.test({
  name: "a pass that finds the GPU full, wherever, leaves nothing behind",
  ignore: !hasAdapter,
  fn: () =>
    withDevice(async (device) => {
      const backend = tf.backend() as WsvadWebGPUBackend;
      const model = assemble(smallRunner("bn_wvad"), 5), random = new RandomStream(5);
      const batch = tf.tidy(() => ({ ...batchOf(randomTensor([4, 2, 18, 32], 1)) }));
      const context = { mode: "train", random, step: 0, epoch: 0 } as const;
      const pass = () => disposePass(runPass(model, batch, context));
      const held = async () => {
        await device.synchronise(); // what waits for its commands comes free
        const { numBytesUsed } = backend.bufferManager;
        return [tf.memory().numTensors, backend.tensorMap.numDataIds(), numBytesUsed];
      };
      pass(); // uniforms and uploads are there after it
      const { requests } = withGpuFullAt(backend, Infinity, pass);
      const before = await held();
      for (let n = 0; n < requests; n += Math.floor(requests / 9)) {
        const { error } = withGpuFullAt(backend, n, pass);
        assert(isFault(error), `request ${n}: ${error}`);
        assertEquals(await held(), before, `request ${n} of ${requests}`);
      }
      for (const one of [model.parameters, random]) one.dispose();
      tf.dispose(batch);
    }, { device: "webgpu" }),
});
