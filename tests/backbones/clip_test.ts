import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { clip } from "../../src/backbones/clip.ts";
import { backboneFacts, loadBackbone, readBackboneWeights } from "../../src/model/load_backbone.ts";
import type { Backbone } from "../../src/contract/backbone.ts";
import type { BackboneWeights } from "../../src/nn/backbone_network.ts";
import { layerScope } from "../../src/nn/backbone_scope.ts";
import { drawnWeights, turned, weightsFile } from "../support/backbone_weights.ts";
import { withDevice } from "../support/with_device.ts";

const settings = { resolution: 8, patch: 4, width: 8, layers: 1, heads: 2, embed: 6 };
const small = clip.config.parse(settings);
const weights = drawnWeights(clip, small);

/** A file as OpenAI has it: the tower behind "visual.", the text tower beside it. */
function openAi(prefix = ""): BackboneWeights {
  const one = { shape: [1], data: new Float32Array(1) };
  return new Map([
    ...[...weights].map(([key, value]) => [`${prefix}visual.${key}`, value] as const),
    [`${prefix}positional_embedding`, one],
    [`${prefix}transformer.resblocks.0.ln_1.bias`, one],
    [`${prefix}logit_scale`, { shape: [], data: new Float32Array(1) }],
  ]);
}

function renamed(nameOf: (key: string) => string): BackboneWeights {
  return new Map([...weights].map(([key, value]) => [nameOf(key), value]));
}

/** The same weights under the names of Hugging Face. */
function huggingFace(): BackboneWeights {
  const held: BackboneWeights = new Map();
  const block = "vision_model.encoder.layers.0.";
  const names: [RegExp, string][] = [
    [/^class_embedding$/, "vision_model.embeddings.class_embedding"],
    [/^positional_embedding$/, "vision_model.embeddings.position_embedding.weight"],
    [/^conv1\./, "vision_model.embeddings.patch_embedding."],
    [/^ln_pre\./, "vision_model.pre_layrnorm."],
    [/^ln_post\./, "vision_model.post_layernorm."],
    [/^transformer\.resblocks\.0\.ln_/, `${block}layer_norm`],
    [/^transformer\.resblocks\.0\.attn\.out_proj/, `${block}self_attn.out_proj`],
    [/^transformer\.resblocks\.0\.mlp\.c_fc/, `${block}mlp.fc1`],
    [/^transformer\.resblocks\.0\.mlp\.c_proj/, `${block}mlp.fc2`],
  ];
  for (const [key, value] of weights) {
    const [, end] = /attn\.in_proj_(weight|bias)$/.exec(key) ?? [];
    const name = names.find(([own]) => own.test(key));
    if (name) held.set(key.replace(...name), value);
    else if (end) {
      ["q", "k", "v"].forEach((part, i) => {
        const { shape: [rows, ...rest], data } = value, share = data.length / 3;
        const shape = [rows / 3, ...rest];
        held.set(`${block}self_attn.${part}_proj.${end}`, {
          shape,
          data: data.slice(i * share, (i + 1) * share),
        });
      });
    } else {
      const { shape, data } = value;
      const other = { shape: shape.toReversed(), data: turned(data, shape) };
      held.set("visual_projection.weight", other);
    }
  }
  return held.set("text_projection.weight", { shape: [2], data: new Float32Array(2) });
}

for (
  const [who, file] of [
    ["OpenAI", openAi()],
    ["VadCLIP", openAi("clipmodel.")],
    ["Hugging Face", huggingFace()],
    ["somebody who saved the tower alone", weights],
    ["a wrapped and compiled model", openAi("_orig_mod.module.")],
    ["a tower that was the backbone of a model", renamed((key) => `model.backbone.${key}`)],
  ] as const
) {
  Deno.test(`readBackboneWeights() finds CLIP's image tower in a file of ${who}`, async () => {
    const found = await readBackboneWeights(clip, small, weightsFile(file));
    assertEquals([...found.keys()], [...weights.keys()]);
    for (const [key, { shape, data }] of weights) assertEquals(found.get(key), { shape, data });
  });
}

Deno.test("readBackboneWeights() refuses keys that are missing, left over or of other shapes", async () => {
  const file = openAi();
  file.delete("visual.ln_pre.bias");
  file.set("visual.ln_pre.gain", { shape: [8], data: new Float32Array(8) });
  file.set("visual.proj", { shape: [6, 8], data: new Float32Array(48) });
  file.set("other.weight", { shape: [1], data: new Float32Array(1) });
  await assertRejects(
    () => readBackboneWeights(clip, small, weightsFile(file)),
    TypeError,
    "missing ln_pre.bias [8]; proj: expected [8,6], found [6,8]; left over ln_pre.gain; left over other.weight",
  );
});

Deno.test("readBackboneWeights() keeps what looks like a wrapper where it belongs to a known name", async () => {
  const backbone: Backbone<null> = {
    ...{ name: "own", summary: "", source: "", config: z.null(), facts: () => clip.facts(small) },
    build(_, scope) {
      scope.tensor({ w: [2] });
      return (x) => x;
    },
    placeOf: (name) => name === "model.w" ? { key: "w" } : null,
  };
  const w = { shape: [2], data: Float32Array.of(1, 2) };
  for (const name of ["model.w", "module.model.w", "w"]) {
    const found = await readBackboneWeights(backbone, null, weightsFile(new Map([[name, w]])));
    assertEquals(found.get("w"), w);
  }
});

Deno.test("loadBackbone() gives a network whose clips do not see each other", async () => {
  await withDevice(async () => {
    const { network, facts, dispose } = await loadBackbone({
      name: "clip",
      settings,
      weights: weightsFile(openAi()),
    });
    assertEquals([facts.dim, facts.input, facts.textAligned], [6, [1, 8, 8, 3], true]);
    const clips = tf.randomUniform([3, ...facts.input], -1, 1, "float32", 5);
    const together = tf.tidy(() => network(clips).dataSync().slice());
    const alone = [0, 1, 2].flatMap((n) =>
      tf.tidy(() => [...network(tf.slice(clips, n, 1)).dataSync()])
    );
    clips.dispose();
    dispose();
    together.forEach((value, i) => assertEquals(Math.abs(value - alone[i]) < 1e-5, true));
    assertEquals(new Set(alone).size, 18);
  });
});

Deno.test("backboneFacts() refuses an unknown backbone or setting", () => {
  const message = (body: () => unknown) => {
    try {
      body();
    } catch (error) {
      return (error as Error).message;
    }
  };
  assertEquals(
    message(() => backboneFacts({ name: "clpi" }))?.startsWith(
      'Cannot take backbone "clpi": no such entry; did you mean "clip"?',
    ),
    true,
  );
  assertEquals(
    message(() => backboneFacts({ name: "clip", settings: { width: 0 } }))?.includes("width"),
    true,
  );
});

Deno.test("layerScope() draws no random numbers", () => {
  const scope = layerScope({ attnImpl: "fused", tensor: () => tf.zeros([0]) });
  let message = "";
  try {
    scope.stream("dropout");
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message.includes('"dropout"'), true);
});
