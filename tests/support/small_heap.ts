/** Training of a small model on a heap of its own. */

import * as tf from "@tensorflow/tfjs";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { registry } from "../../src/model/registry.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { runPass } from "../../src/train/step.ts";
import { applyPass } from "../../src/train/update.ts";
import { smallRunner } from "../model/combinations.ts";
import { randomTensor } from "./on_cpu.ts";
import { batchOf, withModel } from "./small_model.ts";

const BATCH = [4, 2, 18, 32];

/**
 * Losses of training steps on a heap of their own, and the bytes of the largest parameter.
 *
 * @param budget of the heap; all of it when absent
 */
export async function trainOnHeap(
  method: string,
  steps: number,
  budget = new HeapBudget(),
): Promise<{ losses: number[]; backend: CpuBackend; largest: number }> {
  await loadForms("cpu");
  await openCpu({ blas: "off" }); // its kernels serve every backend here
  const backend = await startBackend({ budget });
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
  await tf.setBackend("wasm");
  const { runner } = resolveConfig({ catalog: registry, overrides: [`runner=${method}`] });
  const losses: number[] = [];
  let largest = 0;
  withModel(smallRunner(method), (model, context) => {
    largest = Math.max(...model.parameters.all().map(({ variable }) => 4 * variable.size));
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
  return { losses, backend, largest };
}
