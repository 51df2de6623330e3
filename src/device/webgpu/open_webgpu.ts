/** Starts the webgpu device. */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../../fault.ts";
import {
  type AdapterDescription,
  describeAdapter,
  findAdapter,
  requestDevice,
  type Withheld,
} from "./adapter.ts";
import { type BackendOptions, WsvadWebGPUBackend } from "./backend.ts";
import { installOverrides } from "./tfjs/overrides.ts";

export interface OpenedWebGPU {
  backend: WsvadWebGPUBackend;
  adapter: AdapterDescription;
}

/**
 * Opens the fastest adapter, software ones included, and makes it tfjs's current backend, "webgpu".
 *
 * @throws {Error} (fault) there is no adapter
 */
export async function openWebGPU(
  { withheld, ...options }: BackendOptions & { withheld?: Withheld } = {},
): Promise<OpenedWebGPU> {
  const adapter = await findAdapter();
  if (!adapter) {
    throw fault(
      Error,
      "Cannot open the webgpu device: no adapter was found; install the GPU's Vulkan driver and, " +
        "on Linux, its loader (libvulkan1), or name the driver's file in VK_DRIVER_FILES " +
        "(for a software adapter on Debian: apt install mesa-vulkan-drivers), or use --device cpu",
    );
  }
  const device = await requestDevice(adapter, withheld);
  const backend = new WsvadWebGPUBackend(device, adapter.info, options);
  await useBackend(backend);
  return { backend, adapter: describeAdapter(adapter) };
}

/** Makes a backend tfjs's current one, with our kernels in place of some of its own. */
export async function useBackend(backend: WsvadWebGPUBackend): Promise<void> {
  tf.env().set("IS_TEST", true); // tfjs advertises tfjs-node on stderr otherwise
  tf.env().set("WEBGPU_CPU_FORWARD", false); // small ops too, or a recorded step would miss them
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", 150); // 15 is 1.5 times slower, 1000 too
  installOverrides();
  // The name must be tfjs's: its kernels are registered under it.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => backend);
  // tfjs only logs a failure here and carries on with another backend.
  if (!await tf.setBackend("webgpu") || tf.backend() !== backend as tf.KernelBackend) {
    throw new Error(`Cannot start the webgpu backend: tfjs runs on "${tf.getBackend()}" instead`);
  }
}
