/** Tests that train: on an open device, which must have no tensor left at the end. */

import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import type { Device, DeviceOptions } from "../../src/device/device.ts";
import { openDevice } from "../../src/ops/open_device.ts";

export async function withDevice(
  body: (device: Device) => void | Promise<void>,
  options: DeviceOptions = { device: "cpu", blas: "off" },
): Promise<void> {
  const device = await openDevice(options);
  try {
    const { numTensors } = tf.memory();
    await body(device);
    assertEquals(tf.memory().numTensors, numTensors, "tensors left behind");
  } finally {
    await device.close();
  }
}
