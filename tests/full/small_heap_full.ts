/**
 * Training on a heap with hardly a byte to spare. Tensors of all sizes come and go in a step;
 * whatever the budget allows must be had from what is free, in one piece or not, and moving tensors
 * must not change a bit.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { type CpuBackend, startBackend } from "../../src/device/cpu/cpu_backend.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { registry } from "../../src/model/registry.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { runPass } from "../../src/train/step.ts";
import { applyPass } from "../../src/train/update.ts";
import { smallRunner } from "../model/combinations.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf, withModel } from "../support/small_model.ts";

const BATCH = [4, 2, 18, 32];

await loadForms("cpu");
await openCpu({ blas: "off" }); // its kernels serve every backend here

/** Losses of training steps on a heap of their own. */
async function train(
  method: string,
  steps: number,
  limit?: number,
): Promise<{ losses: number[]; backend: CpuBackend }> {
  const backend = await startBackend({ budget: new HeapBudget(limit) });
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
  await tf.setBackend("wasm");
  const { runner } = resolveConfig({ catalog: registry, overrides: [`runner=${method}`] });
  const losses: number[] = [];
  withModel(smallRunner(method), (model, context) => {
    const optimizer = new Optimizer(runner.optimizer, model.parameters);
    for (let step = 0; step < steps; step++) {
      const batch = batchOf(randomTensor(BATCH, step % 3));
      const pass = runPass(model, batch, context("train", step));
      tf.dispose({ ...batch });
      optimizer.prepare(1e-4);
      const rule = { optimizer, clipNorm: 1, mixed: null };
      applyPass(rule, pass, ({ loss }) => losses.push(loss.dataSync()[0]));
    }
    optimizer.dispose();
  });
  return { losses, backend };
}

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: 50 steps in a heap of which a step needs 90 %, and 5 in just what one needs`, async () => {
    const roomy = await train(method, 3);
    const { peak } = roomy.backend.budget;
    const tight = await train(method, 50, Math.ceil(peak / 0.9));
    assertEquals(tight.losses.slice(0, 3), roomy.losses);
    assert(tight.losses.every(Number.isFinite));
    const exact = await train(method, 5, peak);
    assertEquals(exact.losses, tight.losses.slice(0, 5));
    assert(exact.backend.allocator.lowered > 0, "nothing had to be moved");
  });
}
