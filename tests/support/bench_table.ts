/** `wsvad bench` of every kernel on a device. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { runBench } from "../../src/commands/run_bench.ts";
import type { DeviceOptions } from "../../src/device/device.ts";

export function testWholeTable(where: string, device: DeviceOptions, ignore = false): void {
  Deno.test({
    name: `runBench() runs every kernel of its table on ${where} and leaves no tensor behind`,
    ignore,
    async fn() {
      const { state } = tf.engine(), before = state.numTensors; // also before a device is open
      const report = await runBench({ device, kernels: [], quick: true });
      assert(report.kernels.length > 30);
      assertEquals(report.methods, []);
      for (const { name, milliseconds, gigabytesPerSecond } of report.kernels) {
        assert(milliseconds > 0 && gigabytesPerSecond > 0, name);
      }
      assertEquals(state.numTensors, before);
    },
  });
}
