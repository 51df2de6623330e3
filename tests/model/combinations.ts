/**
 * Every chain of encoder, head and branch that assembles, made small, with the loss terms that fit
 * it.
 */

import * as tf from "@tensorflow/tfjs";
import { assert } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { optimizerSchema } from "../../src/config/schema/optimizer.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { isFault } from "../../src/fault.ts";
import { assemble } from "../../src/model/assemble.ts";
import { checkChain, type Entry, type ModelConfig } from "../../src/model/chain.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { runPass } from "../../src/train/step.ts";
import { applyPass } from "../../src/train/update.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf } from "../support/small_model.ts";

const [VIDEOS, CROPS, SNIPPETS, DIM] = [4, 2, 18, 32];

/** What makes an entry small; an entry that is not named here has its defaults. */
const SMALL: Record<string, Record<string, unknown>> = {
  glance_focus: {
    stages: [{ mixer: "glance", width: 8, blocks: 1 }, { mixer: "focus", width: 16, blocks: 1 }],
    head_width: 8,
  },
  distance_transformer: { hidden: 16, layers: 1, heads: 2, head_dim: 8, ff_dim: 16 },
  experts: { hidden: 16, inner: 8, mlp: [8] },
  dictionary_streams: { slots: 6, learned: true, groups: 2 },
  adaptive_span: { layers: 1, heads: 2, inner: 16, ramp: 4 },
  local_global_adapter: { length: SNIPPETS, window: 6, layers: 1 },
  perturbed_pyramid: { samples: 4, scorer_hidden: 8, width: 32 },
  mlp: { hidden: [8, 4] },
  magnitude_topk: { hidden: [8, 4] },
  dual_memory: { abnormal_slots: 6, normal_slots: 6, hidden: 8 },
  batch_norm_criterion: { channels: [8, 4] },
  expert_gate: { inner: 8, mlp: [8] },
  normality_guidance: { tower: { width: 8, layers: 1, heads: 2 }, learned: 2 },
  adapted_alignment: { tower: { width: 8, layers: 1, heads: 2 }, adapt_until: 1 },
  normality_refiner: { prototypes: 3, heads: 2, depth: 1 },
  class_prompts: { clip: "built_in" },
  context_aggregation: { hidden: 8, out: 12 },
  prompt_alignment: { tower: { width: 8, layers: 1, heads: 2 }, prefix: 2, postfix: 2 },
};

const small = (name: string): Entry => ({ name, ...SMALL[name] });

/** The chain alone, without losses. */
export const chainOf = (encoder: string, head: string, branch: string | null): ModelConfig => ({
  features: { dim: DIM, text_aligned: true },
  encoder: small(encoder),
  head: small(head),
  branch: branch === null ? null : small(branch),
  loss: [],
});

/** A paper's slots as it sets them, made small, and its own loss terms. */
export function smallRunner(name: string, changes: Partial<ModelConfig> = {}): ModelConfig {
  const { runner } = resolveConfig({ catalog: registry, overrides: [`runner=${name}`] });
  const { encoder, head, branch, branches, loss } = runner;
  return {
    features: { dim: DIM, text_aligned: true },
    encoder: { ...encoder, ...SMALL[encoder.name] },
    head: { ...head, ...SMALL[head.name] },
    branch: branch && { ...branch, ...SMALL[branch.name] },
    branches: branches.map((branch) => ({ ...branch, ...SMALL[branch.name] })),
    loss,
    ...changes,
  };
}

/** Whether the registry says so. */
export function fits(config: ModelConfig): boolean {
  try {
    checkChain(config);
    return true;
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}

export type LossSet = { name: string; terms: ModelConfig["loss"] };

/** Every term alone with weight 1, and the terms of every paper. */
export const lossSets: LossSet[] = [
  ...Object.keys(registry.loss).map((name) => ({ name, terms: [{ name, weight: 1 }] })),
  ...Object.keys(EMBEDDED.runner).map((runner) => ({
    name: `the terms of ${runner}`,
    terms: resolveConfig({ catalog: registry, overrides: [`runner=${runner}`] }).runner.loss,
  })),
];

export const encoders = Object.keys(registry.encoder);
export const heads = Object.keys(registry.head);
const branches = [null, ...Object.keys(registry.branch)];

/** The chains of an encoder that assemble. */
export function chainsOf(encoder: string): { label: string; chain: ModelConfig }[] {
  return heads.flatMap((head) =>
    branches.map((branch) => ({
      label: `${encoder} + ${head} + ${branch ?? "no branch"}`,
      chain: chainOf(encoder, head, branch),
    }))
  ).filter(({ chain }) => fits(chain));
}

/** Two steps; every loss and every gradient must be finite, and some parameter must move. */
export function trains(config: ModelConfig, label: string): void {
  const model = assemble(config, 7);
  const optimizer = new Optimizer(
    optimizerSchema.parse({ name: "adam", lr: 1e-3 }),
    model.parameters,
  );
  const random = new RandomStream(7);
  const rule = { optimizer, clipNorm: null, mixed: null };
  try {
    for (let step = 0; step < 2; step++) {
      const batch = batchOf(randomTensor([VIDEOS, CROPS, SNIPPETS, DIM], step + 1));
      random.step = step;
      // Terms that begin later (gaussian_splatting) have begun by epoch 1.
      const pass = runPass(model, batch, { mode: "train", random, step, epoch: 1 });
      tf.dispose({ ...batch });
      optimizer.prepare(1e-3);
      applyPass(rule, pass, ({ loss, gradients }, squares) => {
        const value = loss.dataSync()[0];
        assert(Number.isFinite(value), `${label}, step ${step}: the loss is ${value}`);
        const names = [...gradients.keys()];
        // A term of the features alone meets no parameter where the encoder has none.
        assert(
          names.length > 0 || config.encoder.name === "crop_mean",
          `${label}: no parameter has a gradient`,
        );
        squares.dataSync().forEach((square, i) =>
          assert(Number.isFinite(square), `${label}, step ${step}: gradient of "${names[i]}"`)
        );
      });
    }
  } finally {
    model.parameters.dispose();
    optimizer.dispose();
    random.dispose();
  }
}
