/**
 * `product.ts DEVICE N`: GFLOP/s of an N^3 product in single and, where there is, half precision,
 * as JSON.
 */

import * as tf from "@tensorflow/tfjs";
import { mediansOf } from "../../src/bench/device_time.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { openDevice } from "../../src/ops/open_device.ts";

const REPETITION = { repeats: 5, secondsEach: 0.2 };

const [kind, edge] = Deno.args;
const device = await openDevice({ device: kind as DeviceOptions["device"] });
const size = Number(edge);
const [a, b] = [1, 2].map((seed) => tf.randomUniform([size, size], -1, 1, "float32", seed));

async function gflops(): Promise<number> {
  const [seconds] = await mediansOf(device, [{ run: () => void tf.matMul(a, b) }], REPETITION);
  return 2 * size ** 3 / seconds / 1e9;
}

const single = await gflops();
device.setHalfProducts?.(true);
const half = device.setHalfProducts && await gflops();
const date = new Date().toISOString();
const about = device.describe();
console.log(JSON.stringify({ date, device: device.name, about, size, single, half }));
await device.close();
