import { assert, assertEquals, assertRejects } from "@std/assert";
import { clipFile, readClipWeights } from "../../src/text/clip_files.ts";
import { clipSettings } from "../../src/text/clip_settings.ts";
import { vocabularyOf } from "../../src/text/vocabulary.ts";
import { z } from "zod";
import {
  smallEmbed as embed,
  smallTower as tower,
  smallTowerWeights,
  type Tensors,
  towerFolder,
} from "../support/small_tower.ts";

const settingsOf = (change: Record<string, unknown>) =>
  z.strictObject(clipSettings).parse({ tower, ...change });

const official = smallTowerWeights();

/** The same weights under Hugging Face's names, for which text_projection lies the other way. */
function huggingFace(): Tensors {
  const renamed: Tensors = new Map();
  const parts: Record<string, string> = {
    ln_1: "layer_norm1",
    ln_2: "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
  };
  for (const [name, { shape, data }] of official) {
    const layer = /^transformer\.resblocks\.(\d+)\.(.*)\.(weight|bias)$/.exec(name);
    const joined = /^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/.exec(name);
    if (joined) {
      ["q", "k", "v"].forEach((part, i) =>
        renamed.set(
          `text_model.encoder.layers.${joined[1]}.self_attn.${part}_proj.${joined[2]}`,
          {
            shape: [shape[0] / 3, ...shape.slice(1)],
            data: data.slice(i * data.length / 3, (i + 1) * data.length / 3),
          },
        )
      );
    } else if (layer) {
      renamed.set(`text_model.encoder.layers.${layer[1]}.${parts[layer[2]]}.${layer[3]}`, {
        shape,
        data,
      });
    } else if (name === "text_projection") {
      const turned = Float32Array.from(
        data,
        (_, i) => data[(i % tower.width) * embed + Math.floor(i / tower.width)],
      );
      renamed.set("text_projection.weight", { shape: [embed, tower.width], data: turned });
    } else {
      const own = name.replace("token_embedding", "text_model.embeddings.token_embedding")
        .replace("positional_embedding", "text_model.embeddings.position_embedding.weight")
        .replace("ln_final", "text_model.final_layer_norm");
      renamed.set(own, { shape, data });
    }
  }
  return renamed;
}

const forms: [string, string][] = [
  ["OpenAI's keys", towerFolder(official)],
  ["OpenAI's keys in half precision", towerFolder(official, "", "F16")],
  ["VadCLIP's keys", towerFolder(official, "clipmodel.")],
  ["keys behind module.clipmodel.", towerFolder(official, "module.clipmodel.")],
  ["Hugging Face's keys", towerFolder(huggingFace())],
  ["a file instead of its folder", `${towerFolder(huggingFace())}/model.safetensors`],
];

for (const [form, clip] of forms) {
  Deno.test(`readClipWeights() reads ${form}`, async () => {
    const values = await readClipWeights(settingsOf({ clip }), "clip.");
    assertEquals(
      values.map(({ name }) => name),
      [...official.keys()].map((name) => `clip.${name}`),
    );
    for (const { name, shape, data } of values) {
      const expected = official.get(name.slice("clip.".length))!;
      assertEquals(shape, expected.shape, name);
      assertEquals([...data], [...expected.data], name);
    }
  });
}

Deno.test("readClipWeights() needs no file for the built-in tower", async () => {
  assertEquals(await readClipWeights(settingsOf({ clip: "built_in" }), "clip."), []);
});

Deno.test("readClipWeights() without weights names the file, the command and the setting", async () => {
  const read = () => readClipWeights(settingsOf({}), "clip.");
  for (
    const part of [
      "Cannot begin a training with a text branch",
      "model.safetensors of openai/clip-vit-base-patch16",
      "curl -L --create-dirs -o clip/model.safetensors https://huggingface.co/openai/clip-vit-base-patch16/",
      "set runner.branch.clip=clip",
    ]
  ) await assertRejects(read, Error, part);
});

Deno.test("readClipWeights() refuses what it cannot use, saying what to do", async () => {
  const without = new Map([...official].filter(([name]) => !name.endsWith("1.mlp.c_fc.bias")));
  const empty = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${empty}/ViT-B-16.pt`, "");
  const other = towerFolder(official);
  const vocabulary = vocabularyOf([]);
  Deno.writeTextFileSync(
    `${other}/tokenizer.json`,
    JSON.stringify({ model: { vocab: Object.fromEntries(vocabulary.ids), merges: [] } }),
  );
  const clip = towerFolder(official);
  const cases: [Record<string, unknown>, string][] = [
    [{ clip: `${empty}/none` }, "no such file or folder; fetch them by `curl -L --create-dirs -o"],
    [{ clip: empty }, "no model.safetensors in it; fetch it by `curl"],
    [{ clip: `${empty}/ViT-B-16.pt` }, "convert a PyTorch file by `python3 -c"],
    [{ clip: towerFolder(new Map()) }, 'no key ends in "token_embedding.weight" among'],
    [
      { clip: towerFolder(without) },
      "expected transformer.resblocks.1.mlp.c_fc.bias [256], found none",
    ],
    [
      { clip, tower: { ...tower, layers: 3, context: 9 } },
      "expected a tower of layers 3, context 9, found 2, 5; set runner.branch.tower.layers=2 runner.branch.tower.context=5",
    ],
    [
      { clip, tower: { ...tower, width: 32 } },
      "set runner.branch.tower.width=64 runner.branch.tower.heads=1",
    ],
    [{ clip: other }, `comes with another one; set runner.branch.vocabulary=${other}`],
  ];
  for (const [change, message] of cases) {
    await assertRejects(() => readClipWeights(settingsOf(change), ""), Error, message);
  }
  assert((await readClipWeights(settingsOf({ clip: other, vocabulary: other }), "")).length > 0);
});

Deno.test("clipFile() takes the weights of a folder", () => {
  const folder = towerFolder(official);
  assertEquals(clipFile(folder), `${folder}/model.safetensors`);
});
