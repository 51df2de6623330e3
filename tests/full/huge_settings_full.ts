/**
 * Every whole number among the settings of a method's parts as a thousand million: refused as the
 * user's mistake, or a training step and the scores of a video take no more memory for it.
 */

import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { isFault } from "../../src/fault.ts";
import { assemble } from "../../src/model/assemble.ts";
import type { Entry, ModelConfig } from "../../src/model/chain.ts";
import { requireParametersFit } from "../../src/model/parameter_sizes.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { disposePass, runPass } from "../../src/train/step.ts";
import { smallRunner } from "../model/combinations.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf } from "../support/small_model.ts";

const HUGE = 1_000_000_000;
const ROOM = { limit: 1e9, largestTensor: 1e9, copies: 3, owner: "this device" };
const ROOMY = 64e6;

await loadForms("cpu");
const { backend } = await openCpu({ blas: "off" });

const isSize = (value: unknown) => Number.isInteger(value) && value !== 0;

/** The same value with a whole number in it made huge, in every way. */
function enlarged(value: unknown): unknown[] {
  if (isSize(value)) return [HUGE];
  if (Array.isArray(value)) return isSize(value[0]) ? [value.with(0, HUGE)] : [];
  return Object.entries(value ?? {}).flatMap(([key, part]) =>
    isSize(part) ? [{ ...value as Record<string, unknown>, [key]: HUGE }] : []
  );
}

/** The parts of a method, and how another one is put in the place of each. */
function partsOf(config: ModelConfig): [Entry, (changed: Entry) => ModelConfig][] {
  const { encoder, head, branch, branches = [], loss } = config;
  return [
    [encoder, (encoder) => ({ ...config, encoder })],
    [head, (head) => ({ ...config, head })],
    ...branch
      ? [[branch, (branch: Entry) => ({ ...config, branch })] as [Entry, () => ModelConfig]]
      : [],
    ...branches.map((each, i): [Entry, (changed: Entry) => ModelConfig] => [
      each,
      (changed) => ({ ...config, branches: branches.with(i, changed) }),
    ]),
    ...loss.map((each, i): [Entry, (changed: Entry) => ModelConfig] => [
      each,
      (changed) => ({ ...config, loss: loss.with(i, { ...each, ...changed }) }),
    ]),
  ];
}

/** Builds and uses a model, or gives up with a fault or a schema's refusal. */
function tries(config: ModelConfig, batch: ReturnType<typeof batchOf>, what: string): void {
  const random = new RandomStream(5);
  const context = { random, step: 0, epoch: 1 };
  backend.budget.resetPeak();
  try {
    requireParametersFit(config, ROOM, "it");
    const model = assemble(config, 5);
    try {
      disposePass(runPass(model, batch, { ...context, mode: "train" }));
      tf.tidy(() => void model.forward(batch, { ...context, mode: "eval" }));
    } finally {
      model.parameters.dispose();
    }
  } catch (error) {
    const { name, message } = error as Error;
    const refused = isFault(error) || name.includes("Zod") || /^Cannot select/.test(message);
    assert(refused && !message.includes("Cannot hold"), `${what}: ${error}`);
  } finally {
    random.dispose();
  }
  assert(backend.budget.peak < ROOMY, `${what}: ${backend.budget.peak} bytes`);
}

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: no setting of a thousand million asks for memory`, () => {
    const config = smallRunner(method), batch = batchOf(randomTensor([4, 2, 18, 32], 1));
    for (const [entry, put] of partsOf(config)) {
      for (const [key, value] of Object.entries(entry)) {
        for (const huge of enlarged(value)) {
          tries(put({ ...entry, [key]: huge }), batch, `${entry.name} ${key}`);
        }
      }
    }
    tf.dispose({ ...batch });
  });
}
