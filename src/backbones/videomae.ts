/**
 * Backbone `videomae`: VideoMAE-B, a vision transformer over tubelets of two frames.
 *
 * Source: Tong et al., NeurIPS 2022, arXiv 2203.12602; MCG-NJU/VideoMAE:modeling_finetune.py, names
 * and preprocessing of huggingface/transformers too. Differs from the official code: nothing.
 * Golden values: tests/golden/videomae.
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Backbone, WeightPlace, WeightScope } from "../contract/backbone.ts";
import { layerScope } from "../nn/backbone_scope.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { visionBlock } from "../nn/vision_block.ts";
import { volumeOf, volumeUnit } from "../nn/volume_unit.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { fittingWindows } from "../ops/volume_pool/op.ts";

const size = z.int().positive();

const config = z.strictObject({
  mean_pooling: z.boolean().default(false).describe(
    "of a fine-tuned checkpoint: the last block's output without a norm; false: of a pre-trained one",
  ),
  frames: size.default(16).describe("frames of a clip"),
  image: size.default(224).describe("rows and columns of a frame"),
  patch: size.default(16).describe("rows and columns of a tubelet"),
  tubelet: size.default(2).describe("frames of a tubelet"),
  width: size.default(768).describe("channels of a token, and of a feature"),
  depth: size.default(12).describe("transformer blocks"),
  heads: size.default(12).describe("attention heads"),
  mlp: size.default(3072).describe("channels within a block's feed-forward part"),
  layer_norm_eps: z.number().positive().default(1e-12).describe(
    "of the layer norms: 1e-12 in transformers, 1e-6 in the official code",
  ),
});

type VideomaeConfig = z.infer<typeof config>;

/** Of the norm before the classifier of a fine-tuned checkpoint, in transformers. */
const FC_NORM_EPSILON = 1e-5;

/** Tubelets of a clip; frames, rows and columns that fill none are left out. */
function tokensOf(
  { frames, tubelet, image, patch }: Pick<
    VideomaeConfig,
    "frames" | "tubelet" | "image" | "patch"
  >,
): number {
  return Math.floor(frames / tubelet) * Math.floor(image / patch) ** 2;
}

/** What transformers call the parts of a block. */
const BLOCK_PARTS: Record<string, string> = {
  layernorm_before: "norm1",
  layernorm_after: "norm2",
  "attention.output.dense": "attn.proj",
  "intermediate.dense": "mlp.fc1",
  "output.dense": "mlp.fc2",
};

/** What stands in checkpoints beside the encoder. */
const BESIDE = /^(decoder|encoder_to_decoder|head|classifier)\.|^(mask_token|position_embeddings)$/;

export const videomae: Backbone<VideomaeConfig> = {
  name: "videomae",
  summary: "VideoMAE-B: a transformer over 16 frames, shorter side 224, centre crop",
  source: "Tong et al., NeurIPS 2022; MCG-NJU/VideoMAE, huggingface/transformers",
  config,
  facts: ({ frames, tubelet, image, patch, width, mlp }) => ({
    dim: width,
    unit: "snippet",
    snippet: frames,
    textAligned: false,
    modality: "rgb",
    lineage: "videomae",
    input: [frames, image, image, 3],
    values: "RGB in 0..1, minus ImageNet's mean, divided by its deviation",
    widest: tokensOf({ frames, tubelet, image, patch }) * mlp,
  }),
  build(settings, scope) {
    const { width, depth, mean_pooling: fineTuned, layer_norm_eps: epsilon } = settings;
    const { tubelet, patch } = settings;
    const layers = layerScope(scope), kernel = [tubelet, patch, patch] as const;
    const embed = volumeUnit(scope, "patch_embed.proj", {
      ...{ inputs: 3, outputs: width, kernel: [...kernel], bias: true },
      pad: (sizes) => fittingWindows({ shape: [1, ...sizes] }, [...kernel], [...kernel]),
    });
    const tokens = tokensOf(settings);
    const positions = scope.tensor({}, [tokens, width], () => positionTable(tokens, width));
    const blocks = Array.from({ length: depth }, (_, i) => block(scope, `blocks.${i}`, settings));
    const norm = fineTuned
      ? layerNorm(layers, "fc_norm", width, FC_NORM_EPSILON)
      : layerNorm(layers, "norm", width, epsilon);
    return (clips, observe) => {
      const patches = embed(clips), N = clips.shape[0];
      const places = volumeOf(patches).reduce((product, size) => product * size, 1);
      const rows = tf.reshape(patches, [N, places, width]); // [N, tokens, width]
      observe?.("patch", rows);
      observe?.("positions", positions);
      let x = tf.add(rows, positions);
      observe?.("embedded", x);
      blocks.forEach((run, i) => {
        const next = tf.tidy(() => run(x));
        if (!observe) x.dispose();
        x = next;
        observe?.(`block${i}`, x);
      });
      if (!fineTuned) {
        const last = norm(x);
        observe?.("last", last);
        return cropMean(last); // [N, width]
      }
      const mean = cropMean(x);
      observe?.("features_fc_norm", norm(mean));
      return mean;
    };
  },
  placeOf(name) {
    const own = name.replace(/^videomae\./, "");
    if (BESIDE.test(own) || own === "embeddings.position_embeddings") return "unused";
    return officialPlace(own) ?? transformersPlace(own);
  },
};

/** Pre-training checkpoints put "encoder." before the names. */
function officialPlace(name: string): WeightPlace | null {
  const key = name.replace(/^encoder\.(?=(patch_embed|blocks|norm)\.)/, "");
  return /^(patch_embed\.proj|blocks\.\d+|norm|fc_norm)\./.test(key) ? { key } : null;
}

function transformersPlace(name: string): WeightPlace | "unused" | null {
  const projection = /^embeddings\.patch_embeddings\.projection\.(.*)$/.exec(name);
  if (projection) return { key: `patch_embed.proj.${projection[1]}` };
  const last = /^layernorm\.(.*)$/.exec(name);
  if (last) return { key: `norm.${last[1]}` };
  const [, layer, part] = /^encoder\.layer\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (layer === undefined) return null;
  const key = `blocks.${layer}`;
  const own = /^attention\.attention\.(.*)$/.exec(part)?.[1];
  if (own !== undefined) {
    const parts = ["query.weight", "key.weight", "value.weight"];
    if (parts.includes(own)) {
      return { key: `${key}.attn.qkv.weight`, part: parts.indexOf(own), parts: 3 };
    }
    // Some versions of the library name the biases like those of any other layer.
    if (own === "q_bias" || own === "query.bias") return { key: `${key}.attn.q_bias` };
    if (own === "v_bias" || own === "value.bias") return { key: `${key}.attn.v_bias` };
    return own === "key.bias" ? "unused" : null; // the same for all keys: softmax does not see it
  }
  const end = part.split(".").at(-1)!, middle = part.slice(0, -end.length - 1);
  return middle in BLOCK_PARTS ? { key: `${key}.${BLOCK_PARTS[middle]}.${end}` } : null;
}

/** A block under the official keys; keys of attention have no bias. */
function block(
  scope: WeightScope,
  name: string,
  { width, heads, mlp, layer_norm_eps: epsilon }: VideomaeConfig,
): (x: tf.Tensor) => tf.Tensor {
  const qkvBias = scope.tensor(
    { [`${name}.attn.q_bias`]: [width], [`${name}.attn.v_bias`]: [width] },
    [3 * width],
    (query, value) => {
      const all = new Float32Array(3 * width);
      all.set(query);
      all.set(value, 2 * width);
      return all;
    },
  );
  return visionBlock(scope, {
    keys: {
      ...{ norm1: `${name}.norm1`, norm2: `${name}.norm2`, join: `${name}.attn.proj` },
      ...{ widen: `${name}.mlp.fc1`, narrow: `${name}.mlp.fc2` },
    },
    qkv: `${name}.attn.qkv.weight`,
    ...{ qkvBias, width, heads, inner: mlp, epsilon, activation: gelu },
  });
}

/**
 * Sines and cosines of the token's number, counted through frames, rows and columns alike:
 * [tokens, width].
 */
function positionTable(tokens: number, width: number): Float32Array {
  return Float32Array.from({ length: tokens * width }, (_, i) => {
    const p = Math.floor(i / width), j = i % width;
    const angle = p / 10000 ** (2 * Math.floor(j / 2) / width);
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}
