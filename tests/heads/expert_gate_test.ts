/** GS-MoE's experts and gate together, as its runner assembles them. */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { expertGate } from "../../src/heads/expert_gate.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import type { Context, Scope } from "../../src/contract/slot.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { disposePass, runPass } from "../../src/train/step.ts";
import { assertClose, onCpu, randomTensor, valuesOf } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  attended,
  beside,
  dense,
  each,
  gelu,
  layerNormed,
  plus,
  relu,
  type Rows,
  rowsOf,
  sequencesOf,
  sigmoid,
} from "../support/plain_layers.ts";

const DIM = 6;

/** Stands for a scope where nothing may be built. */
const noScope: Scope = {
  parameter: () => fail("a parameter was made"),
  buffer: () => fail("a buffer was made"),
  frozen: () => fail("a frozen value was made"),
  apart: () => {
    throw new Error("not used");
  },
  unused: () => {},
  guardSqrt: false,
  attnImpl: "fused",
  stream: () => 0,
};

function fail(reason: string): never {
  throw new Error(reason);
}

function configOf({ dropout = 0.5 } = {}): ModelConfig {
  return {
    features: { dim: DIM },
    encoder: { name: "experts", hidden: 8, experts: 3, inner: 5, mlp: [7, 4], dropout },
    head: { name: "expert_gate", inner: 5, mlp: [4], dropout },
    loss: [
      { name: "topk_bce", weight: 1, extra: 0, clamp: 1e-6 },
      { name: "gaussian_splatting", weight: 1, prominence: 0 },
      { name: "expert_bce", weight: 1 },
    ],
  };
}

/** Runs a body with a model and frees the model after it. */
function withModel(config: ModelConfig, body: (model: Model, random: RandomStream) => void): void {
  const model = assemble(config, 3), random = new RandomStream(1);
  try {
    body(model, random);
  } finally {
    model.parameters.dispose();
    random.dispose();
  }
}

function batchOf(video: tf.Tensor, classIds = [0, 0, 2, 9]) {
  const [B, , T] = video.shape;
  return {
    video,
    lengths: tf.fill([B], T!, "int32"),
    classIds: tf.tensor1d(classIds.slice(0, B), "int32"),
    labels: tf.zeros([B, 14]),
  };
}

function contextOf(random: RandomStream, mode: Context["mode"], epoch = 0): Context {
  return { mode, random, step: 0, epoch };
}

onCpu(
  "expertGate scores videos apart, crops averaged before the model, from one snippet on",
  () => {
    withModel(configOf(), (model, random) => {
      const scoresOf = (video: tf.Tensor) =>
        model.forward(batchOf(video), contextOf(random, "eval")).scores;
      for (const T of [1, 2, 19]) {
        const video = randomTensor([4, 3, T, DIM], T);
        const scores = scoresOf(video);
        assertEquals(scores.shape, [4, T, 1]);
        const second = scoresOf(tf.slice(video, [1, 0, 0, 0], [1, 3, T, DIM]));
        assertClose(second, valuesOf(tf.slice(scores, [1, 0, 0], [1, T, 1])), 1e-6);
        assertClose(scoresOf(tf.mean(video, 1, true)), valuesOf(scores), 1e-6);
      }
    });
  },
);

onCpu("expertGate drops in training alone, other weights in every step", () => {
  withModel(configOf(), (model, random) => {
    const batch = batchOf(randomTensor([4, 2, 9, DIM], 1));
    const scoresOf = (mode: Context["mode"], step: number) => {
      random.step = step;
      return [...model.forward(batch, contextOf(random, mode)).scores.dataSync()];
    };
    assertEquals(scoresOf("eval", 0), scoresOf("eval", 1));
    assertEquals(scoresOf("train", 1), scoresOf("train", 1));
    assert(String(scoresOf("train", 0)) !== String(scoresOf("train", 1)));
    assert(String(scoresOf("train", 0)) !== String(scoresOf("eval", 0)));
  });
});

onCpu("expertGate has finite gradients where snippets are all zero and channels constant", () => {
  withModel(configOf({ dropout: 0 }), (model, random) => {
    for (const video of [tf.zeros([4, 2, 9, DIM]), tf.ones([4, 2, 9, DIM])]) {
      for (const T of [1, 9]) {
        const batch = batchOf(tf.slice(video, [0, 0, 0, 0], [4, 2, T, DIM]));
        const pass = runPass(model, batch, contextOf(random, "train", 1));
        const { loss, gradients } = pass;
        assert(Number.isFinite(loss.dataSync()[0]));
        assertEquals(gradients.size, model.parameters.trained().length);
        for (const [name, gradient] of gradients) {
          assert(gradient.dataSync().every(Number.isFinite), name);
        }
        disposePass(pass);
      }
    }
  });
});

Deno.test("expertGate refuses heads that do not divide its channels", () => {
  const build = (settings: Record<string, number>) =>
    expertGate.build(expertGate.config.parse(settings), noScope, { C: 8, E: 3 });
  assertThrows(() => build({ heads: 3 }), RangeError, "heads = 3");
  assertThrows(() => build({ cross_heads: 5 }), RangeError, "cross_heads = 5");
});

onCpu("expertGate is two attentions across, a block and a score, in value and slope", () => {
  const [B, T, C, E] = [2, 3, 4, 2];
  checkSlot(
    expertGate,
    { cross_heads: 2, heads: 4, inner: 3, mlp: [3], dropout: 0 },
    { sizes: { C, E }, outputs: ["scores"] },
    { encoded: randomTensor([B, 1, T, C], 9), expert_scores: randomTensor([B, E, T], 10) },
    (of) => {
      const layer = (x: Rows, name: string) =>
        dense(x, of[`gate.${name}.weight`], of[`gate.${name}.bias`]);
      const norm = (x: Rows, name: string) =>
        layerNormed(x, of[`gate.${name}.weight`], of[`gate.${name}.bias`]);
      return sequencesOf(of.encoded, T, C).flatMap((h, b) => {
        const ofExperts = rowsOf(Array.from(of.expert_scores).slice(b * E * T, (b + 1) * E * T), T);
        const r = layer(h.map((_, t) => ofExperts.map((row) => row[t])), "refine");
        const cross = (part: string, x: Rows) => dense(x, of[`gate.cross.${part}.weight`]);
        const scale = (C / 2) ** -0.5;
        const x = beside(
          attended(cross("a_q", h), cross("a_k", h), cross("b_v", r), 2, scale),
          attended(cross("b_q", r), cross("b_k", r), cross("a_v", h), 2, scale),
        );
        const qkv = layer(norm(x, "block.norm1"), "block.attn.qkv"); // 2 C wide each, 4 heads
        const [q, k, v] = [0, 8, 16].map((at) => qkv.map((row) => row.slice(at, at + 2 * C)));
        const seen = layer(attended(q, k, v, 4, (2 * C / 4) ** -0.5), "block.attn.proj");
        const y = plus(x, seen);
        const wide = each(layer(norm(y, "block.norm2"), "block.ffn.0"), relu);
        const mixed = plus(y, layer(wide, "block.ffn.2"));
        const hidden = each(layer(each(layer(mixed, "mlp.0"), gelu), "mlp.2"), gelu);
        return each(layer(hidden, "mlp.4"), sigmoid).flat();
      });
    },
    { tolerance: 1e-5 },
  );
});
