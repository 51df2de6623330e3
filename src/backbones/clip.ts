/**
 * Backbone `clip`: CLIP's image tower, a vision transformer whose features share a space with
 * texts.
 *
 * Source: Radford et al., ICML 2021, arXiv 2103.00020; openai/CLIP:clip/model.py
 * (VisionTransformer), as nwpu-zxr/VadCLIP:src/clip/model.py has it. Differs from the official
 * code: nothing. Golden values: tests/golden/clip_image.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone, WeightPlace } from "../contract/backbone.ts";
import { layerScope } from "../nn/backbone_scope.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { visionBlock } from "../nn/vision_block.ts";
import { gelu } from "../ops/gelu/op.ts";
import { linear } from "../ops/linear/op.ts";
import { quickGelu } from "../ops/quick_gelu/op.ts";

const config = z.strictObject({
  resolution: z.int().positive().default(224).describe("rows and columns of a frame"),
  patch: z.int().positive().default(16).describe("rows and columns of a patch"),
  width: z.int().positive().default(768).describe("channels of the tower"),
  layers: z.int().positive().default(12).describe("transformer blocks"),
  heads: z.int().positive().default(12).describe("attention heads; CLIP has width / 64"),
  embed: z.int().positive().default(512).describe("channels of a feature"),
  activation: z.enum(["quick_gelu", "gelu"]).default("quick_gelu").describe(
    "between the layers of a block: quick_gelu for OpenAI's weights, gelu for OpenCLIP's LAION ones",
  ),
});

type ClipConfig = z.infer<typeof config>;

/** Of all layer norms. */
const EPSILON = 1e-5;

/** Hugging Face's names of the parts of a block. */
const BLOCK_PARTS: Record<string, string> = {
  layer_norm1: "ln_1",
  layer_norm2: "ln_2",
  "self_attn.out_proj": "attn.out_proj",
  "mlp.fc1": "mlp.c_fc",
  "mlp.fc2": "mlp.c_proj",
};

/** Hugging Face's names of what stands around the blocks. */
const AROUND: Record<string, WeightPlace> = {
  "vision_model.embeddings.class_embedding": { key: "class_embedding" },
  "vision_model.embeddings.patch_embedding.weight": { key: "conv1.weight" },
  "vision_model.embeddings.position_embedding.weight": { key: "positional_embedding" },
  "vision_model.pre_layrnorm.weight": { key: "ln_pre.weight" },
  "vision_model.pre_layrnorm.bias": { key: "ln_pre.bias" },
  "vision_model.post_layernorm.weight": { key: "ln_post.weight" },
  "vision_model.post_layernorm.bias": { key: "ln_post.bias" },
  "visual_projection.weight": { key: "proj", transposed: true },
};

/**
 * What stands beside the tower: the text tower, settings that OpenAI's files keep as numbers, and
 * the rest of VadCLIP's checkpoints.
 */
const BESIDE = new RegExp(
  "^(text_model|transformer|token_embedding|ln_final|temporal|gc[1-4]|disAdj|linear|mlp[12]|" +
    "classifier|frame_position_embeddings|text_prompt_embeddings)\\.|" +
    "^(positional_embedding|text_projection(\\.weight)?|logit_(scale|bias)|input_resolution|" +
    "context_length|vocab_size|attn_mask)$|^vision_model\\.embeddings\\.position_ids$",
);

export const clip: Backbone<ClipConfig> = {
  name: "clip",
  summary: "CLIP's image tower, ViT-B/16: one frame, features that share a space with texts",
  source: "Radford et al., ICML 2021; openai/CLIP:clip/model.py",
  config,
  facts: ({ resolution, patch, width, embed }) => ({
    dim: embed,
    unit: "frame",
    snippet: 1,
    textAligned: true,
    modality: "rgb",
    lineage: "clip",
    input: [1, resolution, resolution, 3],
    values: "RGB in 0..1, minus CLIP's mean, divided by its deviation",
    widest: (Math.floor(resolution / patch) ** 2 + 1) * 4 * width,
  }),
  build({ resolution, patch, width, layers, heads, embed, activation }, weights) {
    const scope = layerScope(weights);
    const side = Math.floor(resolution / patch), tokens = side * side + 1;
    const pixels = patch * patch * 3;
    const embedPatch = weights.tensor(
      { "conv1.weight": [width, 3, patch, patch] },
      [width, pixels],
      (kernel) => coloursLast(kernel, width, patch * patch),
    );
    const classToken = weights.tensor({ class_embedding: [width] }, [1, 1, width]);
    const positions = weights.tensor({ positional_embedding: [tokens, width] });
    const before = layerNorm(scope, "ln_pre", width);
    const blocks = Array.from({ length: layers }, (_, i) => {
      const name = `transformer.resblocks.${i}`;
      return visionBlock(weights, {
        keys: {
          ...{ norm1: `${name}.ln_1`, norm2: `${name}.ln_2`, join: `${name}.attn.out_proj` },
          ...{ widen: `${name}.mlp.c_fc`, narrow: `${name}.mlp.c_proj` },
        },
        qkv: `${name}.attn.in_proj_weight`,
        qkvBias: weights.tensor({ [`${name}.attn.in_proj_bias`]: [3 * width] }),
        ...{ width, heads, inner: 4 * width, epsilon: EPSILON },
        activation: activation === "gelu" ? gelu : quickGelu,
      });
    });
    const after = layerNorm(scope, "ln_post", width);
    const projection = weights.tensor({ proj: [width, embed] });
    return (clips, observe) => {
      const N = clips.shape[0];
      const patches = tf.reshape( // [N, side^2, width]
        linear(patchRows(clips, side, patch), embedPatch),
        [N, tokens - 1, width],
      );
      observe?.("patches", patches);
      const withClass = tf.concat([tf.tile(classToken, [N, 1, 1]), patches], 1); // [N, tokens, width]
      let x = before(tf.add(withClass, positions));
      for (const block of blocks) {
        const seen = tf.tidy(() => block(x));
        x.dispose();
        x = seen;
      }
      const first = tf.reshape(tf.slice(x, [0, 0, 0], [N, 1, width]), [N, width]);
      return tf.matMul(after(first) as tf.Tensor2D, projection as tf.Tensor2D); // [N, embed]
    };
  },
  placeOf(name) {
    const own = name.replace(/^clipmodel\./, "");
    if (BESIDE.test(own)) return "unused";
    if (own.startsWith("visual.")) return { key: own.slice("visual.".length) };
    if (own in AROUND) return AROUND[own];
    const [, layer, part, end] =
      /^vision_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(own) ?? [];
    if (layer === undefined) return null;
    const block = `transformer.resblocks.${layer}`;
    const projected = ["q", "k", "v"].findIndex((each) => part === `self_attn.${each}_proj`);
    if (projected >= 0) return { key: `${block}.attn.in_proj_${end}`, part: projected, parts: 3 };
    return part in BLOCK_PARTS ? { key: `${block}.${BLOCK_PARTS[part]}.${end}` } : null;
  },
};

/** [width, colours, pixels of a patch] -> [width, pixels, colours]. */
function coloursLast(kernel: Float32Array, width: number, pixels: number): Float32Array {
  const turned = new Float32Array(kernel.length);
  for (let w = 0; w < width; w++) {
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < pixels; p++) {
        turned[(w * pixels + p) * 3 + c] = kernel[(w * 3 + c) * pixels + p];
      }
    }
  }
  return turned;
}

/**
 * Frames [N, 1, rows, columns, 3] -> their patches as rows, [N side^2, patch^2 3]; rows and columns
 * that fill no patch are left out.
 */
function patchRows(frames: tf.Tensor, side: number, patch: number): tf.Tensor2D {
  const N = frames.shape[0], used = side * patch;
  const whole = tf.slice(frames, [0, 0, 0, 0, 0], [N, 1, used, used, 3]);
  const apart = tf.reshape(whole, [N * side, patch, side, patch * 3]);
  return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), [N * side * side, patch * patch * 3]);
}
