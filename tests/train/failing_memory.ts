/** Training steps of which one request for memory finds none, or none in one piece. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { multiHot } from "../../src/data/labels.ts";
import type { Batch } from "../../src/data/video.ts";
import { isFault } from "../../src/fault.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Random } from "../../src/random.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { update } from "../../src/train/update.ts";
import { uploadBatch } from "../../src/train/upload.ts";
import { smallRunner } from "../model/combinations.ts";
import { withHeapFullAt, withKernelsRestartedAt } from "../support/failing_memory.ts";

const SHAPE: [number, number, number, number] = [4, 2, 18, 32];

await loadForms("cpu");

interface Training {
  backend: CpuBackend;
  model: Model;
  optimizer: Optimizer;
  /** A training step on two batches, whose gradients are added. */
  step(): Promise<void>;
}

/** Videos [B, N, T, D], the second half abnormal. */
function batch(): Batch {
  const [B, , T] = SHAPE, random = new Random(1, "videos");
  const size = SHAPE.reduce((product, length) => product * length, 1);
  const classes = Array.from({ length: B }, (_, b) => b < B / 2 ? 0 : 1);
  return {
    video: Float32Array.from({ length: size }, () => random.uniform() - 0.5),
    shape: SHAPE,
    lengths: new Int32Array(B).fill(T),
    classIds: Int32Array.from(classes),
    labels: multiHot(classes.map((id) => [id]), 14),
    ids: classes.map(String),
  };
}

/** A small model of a method, and its optimiser, which are gone after `use`. */
async function training(method: string, use: (given: Training) => Promise<void>): Promise<void> {
  const { backend } = await openCpu({ blas: "off" });
  const { runner } = resolveConfig({ catalog: registry, overrides: [`runner=${method}`] });
  const model = assemble(smallRunner(method), 5), random = new RandomStream(5);
  const optimizer = new Optimizer(runner.optimizer, model.parameters);
  const context = { mode: "train", random, step: 0, epoch: 1 } as const;
  const next = () => Promise.resolve({ batch: uploadBatch(batch()), context });
  const rule = { optimizer, clipNorm: 1, mixed: null };
  const step = () => update(model, rule, 1e-4, [next, next], () => {});
  try {
    await step(); // what is kept for good is there after it
    await use({ backend, model, optimizer, step });
  } finally {
    for (const one of [model.parameters, random, optimizer]) one.dispose();
  }
}

/** What a failure must leave as it was. */
const held = (backend: CpuBackend) => ({
  tensors: tf.memory().numTensors,
  data: backend.numDataIds(),
  bytes: backend.budget.used,
});

/** A step finds the heap full at so many of its requests: it leaves nothing behind. */
export function failsWhole(method: string, places: number): Promise<void> {
  return training(method, async ({ backend, step }) => {
    const { requests } = await withHeapFullAt(backend, Infinity, step);
    assert(requests > places);
    for (let n = 0; n < requests; n += Math.floor(requests / places)) {
      const before = held(backend);
      const { error } = await withHeapFullAt(backend, n, step);
      assert(isFault(error), `request ${n}: ${error}`);
      assertEquals(held(backend), before, `request ${n} of ${requests}`);
    }
  });
}

/** Every kernel of a step starts again, at each of its requests in turn: no bit changes. */
export function startsAgain(method: string): Promise<void> {
  return training(method, async ({ backend, model, optimizer, step }) => {
    const begin = await model.parameters.read(), moments = await optimizer.read();
    const weightsAfter = async (work: () => Promise<unknown>) => {
      model.parameters.assign(begin, "the start");
      optimizer.restore(moments, 1);
      await work();
      return await model.parameters.read();
    };
    const expected = await weightsAfter(step), before = held(backend);
    for (let n = 0, restarts = 1; restarts > 0; n++) {
      const weights = await weightsAfter(async () => {
        restarts = await withKernelsRestartedAt(backend, n, step);
      });
      assertEquals(weights, expected, `request ${n} of each kernel`);
      assertEquals(held(backend), before, `request ${n} of each kernel`);
      assert(n > 0 || restarts > 100);
    }
  });
}
