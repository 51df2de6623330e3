/**
 * `deno task time:step RUNNER [VIDEOS] [DEVICE] [REPEATS] [key=value ...]`: seconds of one whole
 * training step (upload of the batch, forward, backward, update, losses read back) on random
 * numbers in the shape of the method's official batch, the processor's seconds of it, all threads
 * together, and peak memory. One process measures one method, so that peaks are its own. Figures in
 * docs/performance.md come from here.
 */

import process from "node:process";
import { benchModel } from "../src/bench/bench_model.ts";
import { currentLoad, median, peakProcessBytes, secondsOf } from "../src/bench/measure.ts";
import { officialBatch, randomBatch } from "../src/bench/official_batch.ts";
import { eagerStep } from "../src/bench/training_step.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import type { DeviceChoice } from "../src/device/device.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { registry } from "../src/model/registry.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "time:step RUNNER [VIDEOS] [cpu|webgpu] [REPEATS] [key=value ...]";
const { positionals: words } = taskWords(USAGE);
const settings = words.filter((word) => word.includes("="));
const [name, videos, device = "cpu", repeats = "7"] = words.filter((word) => !word.includes("="));
if (!name || (videos !== undefined && !(Number(videos) >= 2))) {
  endWithUsage(USAGE);
}

const machine = await openDevice({ device: device as DeviceChoice });
const config = resolveConfig({ overrides: [`runner=${name}`, ...settings], catalog: registry });
const shape = officialBatch(config, videos === undefined ? undefined : Number(videos));
const bench = benchModel(config, shape[3] - Number(config.data.magnitude), machine.recorder);
const batch = randomBatch(shape);

const seconds: number[] = [], processor: number[] = [];
for (let step = 0; step <= Number(repeats); step++) {
  const before = process.cpuUsage();
  const took = await secondsOf(async () => {
    await eagerStep(bench, batch, step);
    await bench.watch.flush();
  });
  const { user, system } = process.cpuUsage(before);
  console.error(`step ${step}: ${took.toFixed(3)} s`); // a limit of time may end the process
  if (step === 0) continue; // it compiles and allocates
  seconds.push(took);
  processor.push((user + system) / 1e6);
}
console.log(
  `${name} [${shape}] on ${machine.name}: median ${median(seconds).toFixed(3)} s, best ${
    Math.min(...seconds).toFixed(3)
  } s of ${repeats}, processor ${median(processor).toFixed(3)} s; tensors ${
    gigabytes(machine.memory().peak)
  }, process ${gigabytes(peakProcessBytes())}; load ${currentLoad().load.toFixed(1)}`,
);
Deno.exit(0);

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
