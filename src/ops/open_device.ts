/**
 * A device with everything that models run on it: tfjs's operations and ours, and the gradients of
 * both.
 */

import { loadForms } from "./operations.ts";
import { type Device, type DeviceOptions, startDevice } from "../device/device.ts";

/**
 * Starts a device and makes it tfjs's current backend.
 *
 * @param gradients false where none is taken, as in scoring
 * @throws fault as {@link startDevice}
 */
export async function openDevice(options: DeviceOptions, gradients = true): Promise<Device> {
  const device = await startDevice({ repeated: gradients, ...options });
  await loadForms(device.kind === "webgpu" ? "gpu" : "cpu", gradients);
  return device;
}
