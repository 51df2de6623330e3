/**
 * What the memory check says that a step needs, against what updates take at most, for small models
 * of every method.
 */

import { assert, assertRejects } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { assemble } from "../../src/model/assemble.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { requireFit } from "../../src/train/memory_check.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { update } from "../../src/train/update.ts";
import { smallRunner } from "../model/combinations.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";

const SIDE = 24;
const SIZES = { dim: 32, crops: 2, snippets: 18, classes: 14, featureBytes: 0 };
const UNITS: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** It may not say less by more than this, nor more by more than that. */
const [BELOW, ABOVE] = [0.95, 1.3];

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: the memory check's estimate is near the measured peak`, () =>
    withDevice(async (device) => {
      const config = resolveConfig({
        catalog: registry,
        overrides: [`runner=${method}`, "data=synthetic", "data.features=clip"]
          .concat(`data.batch_size=${SIDE}`),
      });
      const { runner } = config;
      const model = assemble(smallRunner(method), 5), random = new RandomStream(5);
      const optimizer = new Optimizer(runner.optimizer, model.parameters, runner.optimizer_groups);
      const context = { mode: "train", random, step: 0, epoch: 0 } as const;
      const rule = { optimizer, clipNorm: 1, mixed: null };
      device.resetUse();
      for (let step = 0; step < 2; step++) {
        const batch = batchOf(randomTensor([2 * SIDE, 2, 18, 32], 1));
        await update(model, rule, 1e-4, [() => Promise.resolve({ batch, context })], () => {});
      }
      const { peak } = device.use();
      optimizer.dispose();
      const limited = { ...device, use: () => ({ ...device.use(), limit: 0.8 * peak }) };
      const error = await assertRejects(() => requireFit(model, limited, config, SIZES));
      const [, number, unit] = /a step needs about ([\d.]+) (\w+)/.exec((error as Error).message)!;
      const share = Number(number) * UNITS[unit] / peak;
      assert(share >= BELOW && share <= ABOVE, `${share} of ${peak} bytes`);
      for (const one of [model.parameters, random]) one.dispose();
    }));
}
