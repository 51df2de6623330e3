import { assertEquals, assertRejects } from "@std/assert";
import { videomae } from "../../src/backbones/videomae.ts";
import { readBackboneWeights } from "../../src/model/load_backbone.ts";
import type { BackboneWeights } from "../../src/nn/backbone_network.ts";
import { drawnWeights, weightsFile } from "../support/backbone_weights.ts";

const small = videomae.config.parse({
  ...{ frames: 4, image: 8, patch: 4, width: 8, depth: 1, heads: 2, mlp: 12 },
});
const weights = drawnWeights(videomae, small);

/** The same weights under the names of transformers. */
function transformersFile(biases: { query: string; value: string }, prefix = "videomae.") {
  const layer = "encoder.layer.0.";
  const names: [string, string][] = [
    ["patch_embed.proj.", "embeddings.patch_embeddings.projection."],
    ["blocks.0.norm1.", `${layer}layernorm_before.`],
    ["blocks.0.norm2.", `${layer}layernorm_after.`],
    ["blocks.0.attn.proj.", `${layer}attention.output.dense.`],
    ["blocks.0.mlp.fc1.", `${layer}intermediate.dense.`],
    ["blocks.0.mlp.fc2.", `${layer}output.dense.`],
    ["blocks.0.attn.q_bias", `${layer}attention.attention.${biases.query}`],
    ["blocks.0.attn.v_bias", `${layer}attention.attention.${biases.value}`],
    ["norm.", "layernorm."],
  ];
  const held: BackboneWeights = new Map();
  for (const [key, value] of weights) {
    if (key.endsWith("qkv.weight")) {
      ["query", "key", "value"].forEach((part, i) =>
        held.set(`${prefix}${layer}attention.attention.${part}.weight`, {
          shape: [8, 8],
          data: value.data.slice(64 * i, 64 * (i + 1)),
        })
      );
    } else {
      const [start, name] = names.find(([start]) => key.startsWith(start))!;
      held.set(prefix + name + key.slice(start.length), value);
    }
  }
  const one = { shape: [1], data: new Float32Array(1) };
  held.set("decoder.norm.weight", one).set("mask_token", one);
  return held;
}

const official: BackboneWeights = new Map(
  [...weights].map(([key, value]) => [`encoder.${key}`, value] as const),
);

for (
  const [who, file] of [
    ["the official pre-training", official],
    ["transformers", transformersFile({ query: "q_bias", value: "v_bias" })],
    [
      "versions of transformers that rename biases",
      transformersFile(
        { query: "query.bias", value: "value.bias" },
        "",
      ),
    ],
  ] as const
) {
  Deno.test(`readBackboneWeights() finds VideoMAE's encoder in a file of ${who}`, async () => {
    const found = await readBackboneWeights(videomae, small, weightsFile(file));
    for (const [key, { shape, data }] of weights) assertEquals(found.get(key), { shape, data });
  });
}

Deno.test("readBackboneWeights() refuses VideoMAE without its biases, and a fine-tuned file as a pre-trained one", async () => {
  const file = transformersFile({ query: "q_bias", value: "v_bias" });
  file.delete("videomae.encoder.layer.0.attention.attention.q_bias");
  await assertRejects(
    () => readBackboneWeights(videomae, small, weightsFile(file)),
    TypeError,
    "missing blocks.0.attn.q_bias [8]",
  );
  const tuned = videomae.config.parse({ ...small, mean_pooling: true });
  await assertRejects(
    () => readBackboneWeights(videomae, tuned, weightsFile(official)),
    TypeError,
    "missing fc_norm.weight [8]",
  );
});
