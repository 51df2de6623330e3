/**
 * `deno task time:step RUNNER BATCH [DEVICE] [REPEATS]`: seconds of one whole training step (upload of
 * the batch, forward, backward, update, loss read back) on random features [BATCH, 10, 32, 2048], and
 * peak memory. Figures in docs/performance.md come from here.
 */

import { resolveConfig } from "../src/config/resolve_config.ts";
import type { Batch } from "../src/data/video.ts";
import { type DeviceChoice, openDevice } from "../src/device/device.ts";
import { assemble } from "../src/model/assemble.ts";
import { modelConfig } from "../src/model/model_config.ts";
import { registry } from "../src/model/registry.ts";
import { RandomStream } from "../src/nn/random_stream.ts";
import { Random } from "../src/random.ts";
import { Optimizer } from "../src/train/optimizer.ts";
import { update } from "../src/train/update.ts";
import { uploadBatch } from "../src/train/upload.ts";
import { Watch } from "../src/train/watch.ts";

const CROPS = 10, SNIPPETS = 32, DIM = 2048;

const [name, videos, device = "cpu", repeats = "7"] = Deno.args;
if (!name || !Number(videos)) {
  console.error("usage: deno task time:step RUNNER BATCH [cpu|webgpu] [REPEATS]");
  Deno.exit(1);
}

const machine = await openDevice({ device: device as DeviceChoice });
const { runner } = resolveConfig({ overrides: [`runner=${name}`], catalog: registry });
const model = assemble(modelConfig(runner, DIM, false), 0);
const optimizer = new Optimizer(runner.optimizer, model.parameters);
const random = new RandomStream(0);
const watch = new Watch();
const batch = randomBatch(Number(videos));

const seconds: number[] = [];
for (let step = 0; step <= Number(repeats); step++) {
  const start = performance.now();
  random.step = step;
  const context = { mode: "train" as const, random, step, epoch: 0 };
  await update(
    model,
    optimizer,
    [() => Promise.resolve({ batch: uploadBatch(batch), context })],
    { lr: runner.optimizer.lr, clipNorm: runner.grad_clip_norm },
    (pass, squares) => watch.add({ step, epoch: 0, lr: 0 }, pass, squares),
  );
  await watch.flush();
  if (step > 0) seconds.push((performance.now() - start) / 1000); // the first one compiles and allocates
}
seconds.sort((a, b) => a - b);
const load = Deno.loadavg()[0].toFixed(1);
console.log(
  `${name} [${batch.shape}] on ${machine.name}: median ${
    seconds[seconds.length >> 1].toFixed(3)
  } s, best ${seconds[0].toFixed(3)} s of ${repeats}; tensors ${
    gigabytes(machine.memory().peak)
  } GB, process ${gigabytes(Deno.memoryUsage().rss)} GB; load ${load}`,
);
Deno.exit(0);

function randomBatch(count: number): Batch {
  const values = new Random(0, "time_step");
  const video = new Float32Array(count * CROPS * SNIPPETS * DIM);
  const period = 1 << 20; // drawing all of 157 MB would take longer than the steps
  for (let i = 0; i < Math.min(period, video.length); i++) video[i] = values.uniform();
  for (let i = period; i < video.length; i += period) {
    video.copyWithin(i, 0, Math.min(period, video.length - i));
  }
  return {
    video,
    shape: [count, CROPS, SNIPPETS, DIM],
    lengths: new Int32Array(count).fill(SNIPPETS),
    classIds: Int32Array.from({ length: count }, (_, b) => b < count / 2 ? 0 : 1),
    ids: [],
  };
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}
