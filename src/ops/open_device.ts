/**
 * A device with everything that models run on it: tfjs's operations and ours, and the gradients of
 * both.
 */

import { loadForms } from "./operations.ts";
import { type Device, type DeviceOptions, startDevice } from "../device/device.ts";

/**
 * Starts a device and makes it tfjs's current backend.
 *
 * @throws fault as {@link startDevice}
 */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const device = await startDevice(options);
  await loadForms(device.kind === "webgpu" ? "gpu" : "cpu");
  return device;
}
