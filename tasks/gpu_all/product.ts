/**
 * `product.ts DEVICE N`: GFLOP/s of an N^3 product in single and, where there is, half precision,
 * as JSON.
 */

import * as tf from "@tensorflow/tfjs";
import { median, secondsOf } from "../../src/bench/measure.ts";
import type { DeviceOptions } from "../../src/device/device.ts";
import { openDevice } from "../../src/ops/open_device.ts";

const REPEATS = 5;

const [kind, edge] = Deno.args;
const device = await openDevice({ device: kind as DeviceOptions["device"] });
const size = Number(edge);
const [a, b] = [1, 2].map((seed) => tf.randomUniform([size, size], -1, 1, "float32", seed));

async function gflops(): Promise<number> {
  const product = async () => {
    tf.matMul(a, b).dispose();
    await device.synchronise();
  };
  await product(); // compiles
  const seconds: number[] = [];
  for (let i = 0; i < REPEATS; i++) seconds.push(await secondsOf(product));
  return 2 * size ** 3 / median(seconds) / 1e9;
}

const single = await gflops();
device.setHalfProducts?.(true);
const half = device.setHalfProducts && await gflops();
console.log(JSON.stringify({ device: device.name, about: device.describe(), size, single, half }));
await device.close();
