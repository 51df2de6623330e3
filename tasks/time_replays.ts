/**
 * `deno task time:replays [RUNNER ...]`: what JavaScript takes of a training step on the GPU, for
 * each dispatch, replayed and eager. WebGPU's own part (`finish`, `submit`, `writeBuffer`) is left
 * out, so that nothing reaches the GPU, and on Linux the processor's time of this thread is
 * counted, so that other load of the machine matters little. A software adapter will do. Figures in
 * docs/performance.md come from here.
 */

import process from "node:process";
import { benchModel } from "../src/bench/bench_model.ts";
import { driverCalls } from "../src/bench/measure.ts";
import { type BatchShape, randomBatch } from "../src/bench/official_batch.ts";
import { capturedStep } from "../src/bench/training_step.ts";
import { EMBEDDED } from "../src/config/embedded.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { registry } from "../src/model/registry.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { CapturedStep } from "../src/train/captured_step.ts";
import { update } from "../src/train/update.ts";
import { uploadBatch } from "../src/train/upload.ts";
import { taskWords } from "./task_words.ts";

/** Small, but for channels: dispatches are those of a step, and JavaScript does not see sizes. */
const SHAPE: BatchShape = [2, 1, 9, 64];
const WARM_UP = 5, REPLAYS = 400, EAGER = 20;

/** Milliseconds that the processor worked for this thread; elsewhere than on Linux, the process. */
function threadMilliseconds(): number {
  if (Deno.build.os !== "linux") return process.cpuUsage().user / 1e3;
  const [nanoseconds] = Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ");
  return Number(nanoseconds) / 1e6;
}

/** Does `work` while commands go nowhere. */
async function withoutDriver<T>(work: () => Promise<T>): Promise<T> {
  const calls = driverCalls();
  const originals = calls.map(([prototype, name]) =>
    Object.getOwnPropertyDescriptor(prototype, name)!
  );
  for (const [prototype, name] of calls) {
    Object.defineProperty(prototype, name, { value: () => {}, configurable: true });
  }
  try {
    return await work();
  } finally {
    calls.forEach(([prototype, name], i) => Object.defineProperty(prototype, name, originals[i]));
  }
}

/** Milliseconds of one run of `work` among so many in a row. */
async function millisecondsOf(work: () => Promise<void>, runs: number): Promise<number> {
  for (let i = 0; i < 3; i++) await work();
  const start = threadMilliseconds();
  for (let i = 0; i < runs; i++) await work();
  return (threadMilliseconds() - start) / runs;
}

const { positionals: words } = taskWords("time:replays [RUNNER ...]");
const names = words.length > 0 ? words : Object.keys(EMBEDDED.runner);
console.log("method: dispatches; JavaScript of a replay, us a dispatch; of an eager step");
for (const name of names) {
  const device = await openDevice({ device: "webgpu" });
  const small = name === "vadclip" ? ["runner.encoder.length=32"] : [];
  const config = resolveConfig({ overrides: [`runner=${name}`, ...small], catalog: registry });
  const shape: BatchShape = [...SHAPE];
  shape[3] = (config.runner.features.dim ?? SHAPE[3]) + Number(config.data.magnitude);
  const bench = benchModel(config, shape[3] - Number(config.data.magnitude), device.recorder);
  const batch = randomBatch(shape);
  const { model, optimizer, random } = bench, { lr } = config.runner.optimizer;
  const rule = { optimizer, clipNorm: config.runner.grad_clip_norm, mixed: null };
  let refused = "";
  const captured = new CapturedStep(device.recorder!, model, rule, (why) => refused = why);
  let step = 0;
  for (let i = 0; i < WARM_UP; i++) {
    await capturedStep(captured, bench, batch, step++);
    await bench.watch.flush();
  }
  const { dispatches } = captured;
  if (dispatches === null) {
    console.log(`${name}: not captured: ${refused}`);
  } else {
    const context = () => {
      random.step = step;
      return { mode: "train" as const, random, step: step++, epoch: 0 };
    };
    const [replayed, eager] = await withoutDriver(async () => [
      await millisecondsOf(() => captured.run(batch, context(), lr, () => {}), REPLAYS),
      await millisecondsOf(() => {
        const given = () => Promise.resolve({ batch: uploadBatch(batch), context: context() });
        return update(model, rule, lr, [given], () => {});
      }, EAGER),
    ]);
    const [short, long] = [replayed, eager].map((ms) => (1000 * ms / dispatches).toFixed(2));
    console.log(`${name}: ${dispatches}; ${short}; ${long}`);
  }
  captured.dispose();
  bench.dispose();
  await device.close();
}
