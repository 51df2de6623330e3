/** Checkpoints of jinmang2/wsad: its names, its folders. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { runImport } from "../../src/commands/import_checkpoint.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { sisterNames } from "../../src/run_folder/sister_checkpoint.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** Parameters of a golden case: the official names. */
function official(method: string): { name: string; shape: number[] }[] {
  const path = new URL(`../golden/${method}/eval/case.json`, import.meta.url);
  return JSON.parse(Deno.readTextFileSync(path)).parameters;
}

/** The blocks of a stage of the official mgfn, whose last stage has nothing behind them. */
const BLOCKS = [3, 3, 2];

/** What that project calls a tensor of the official code. */
const THEIRS: Record<string, (name: string) => string> = {
  mil: (name) =>
    name.replace("fc1", "regressor.0").replace("fc2", "regressor.3").replace("fc3", "regressor.6"),
  rtfm: (name) => name.replace("Aggregate", "mtn"),
  clip_tsa: (name) => name.replace("Aggregate", "aggregate"),
  pel4vad: (name) => name.replace(/^self_attention/, "encoder"),
  mgfn(name) {
    if (/^to_(tokens|mag)/.test(name)) return `backbone.amplifier.${name}`;
    if (name.startsWith("to_logits.0")) return name.replace("to_logits.0", "layer_norm");
    if (name.startsWith("fc")) return name;
    const [, stage, half, ...rest] = name.split(".");
    const layer = `backbone.layers.${stage}`;
    if (half === "1") {
      return [layer, BLOCKS[Number(stage)], ["layer_norm", "conv"][Number(rest[0])], rest[1]]
        .join(".");
    }
    const [, block, part, ...inner] = rest;
    if (part === "0") return [layer, block, "scc", ...inner].join(".");
    if (part === "1") return [layer, block, "attention", ...inner].join(".");
    const own = { "0": "layer_norm", "1": "in_conv", "4": "out_conv" }[inner[0]];
    return [layer, block, "ffn", own, inner[1]].join(".");
  },
};

for (const [method, theirs] of Object.entries(THEIRS)) {
  Deno.test(`sisterNames() gives every tensor of ${method} its official name`, () => {
    const parameters = official(method);
    const named = new Map(parameters.map(({ name, shape }) => [theirs(name), shape]));
    assertEquals(named.size, parameters.length);
    const found = sisterNames(named, [], "x")!;
    assertEquals(found.method, method);
    const names = parameters.map(({ name }) => found.places.get(theirs(name)));
    assertEquals(names, parameters.map(({ name }) => ({ name })));
    // Official names are no names of that project.
    const own = new Map(parameters.map(({ name, shape }) => [name, shape]));
    assertEquals(sisterNames(own, [], "x"), null);
  });
}

Deno.test("sisterNames() takes the dictionary of s3r, unless one was named", () => {
  const shapes = new Map(official("s3r").map(({ name, shape }) => [name, shape]));
  assertEquals(sisterNames(shapes, [], "x"), null);
  shapes.set("dictionary", [64, 2048]);
  const { settings, places } = sisterNames(shapes, [], "x")!;
  assertEquals(settings, ["runner.encoder.learned=true", "runner.encoder.slots=64"]);
  assertEquals(places.get("dictionary"), { name: "dictionary" });
  const named = sisterNames(shapes, ["runner.encoder.dictionary=d.npy"], "x")!;
  assertEquals([named.settings, "why" in named.places.get("dictionary")!], [[], true]);
});

Deno.test("sisterNames() refuses the tpwng of that project, which computes something else", () => {
  const shapes = new Map([["tcsal.span.weight", [1, 512]]]);
  assertThrows(() => sisterNames(shapes, [], "x.ckpt"), TypeError, "computes its scores otherwise");
});

function tensor(shape: number[], seed: number) {
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i));
  return { dtype: "F32" as const, shape, bytes };
}

const REGRESSOR = new Map([
  ["regressor.0.weight", tensor([4, 8], 1)],
  ["regressor.0.bias", tensor([4], 2)],
  ["regressor.3.weight", tensor([3, 4], 3)],
  ["regressor.3.bias", tensor([3], 4)],
  ["regressor.6.weight", tensor([1, 3], 5)],
  ["regressor.6.bias", tensor([1], 6)],
]);

function importFolder(checkpoint: string, runner = "mil") {
  return runImport({ checkpoint, runner, overrides: [], configDirs: [], overwrite: true });
}

Deno.test("runImport() takes a folder with config.json: sizes and settings are read there", () =>
  withFolder(async (folder) => {
    Deno.writeFileSync(join(folder, "model.safetensors"), encodeSafetensors(REGRESSOR));
    const config = { architectures: ["SultaniForVideoAnomalyDetection"], hidden1: 4, hidden2: 3 };
    Deno.writeTextFileSync(join(folder, "config.json"), JSON.stringify(config));
    const { path, kind, notes, dim } = await importFolder(folder);
    assertEquals([kind, dim], ["a .safetensors file of jinmang2/wsad", 8]);
    assert(notes[0].includes("ReLU behind the second layer"), `${notes}`);
    const { weights, metadata } = await readWeights(path);
    assertEquals(weights.get("fc2.weight")!.data, REGRESSOR.get("regressor.3.weight")!.bytes);
    assert(/^ {2}normalize: none/m.test(metadata["wsvad.config"]), metadata["wsvad.config"]);
    // The file itself, in its folder, is the same; another method is told.
    assertEquals((await importFolder(join(folder, "model.safetensors"))).dim, 8);
    await assertRejects(() => importFolder(folder, "rtfm"), TypeError, "a model of mil");
    Deno.writeTextFileSync(join(folder, "config.json"), "[1]");
    await assertRejects(() => importFolder(folder), SyntaxError, "no JSON object");
  }));

Deno.test("runImport() tells of folders whose weights are cut into several files, or are not there", () =>
  withFolder(async (folder) => {
    await assertRejects(() => importFolder(folder), Error, "name a file");
    Deno.writeTextFileSync(join(folder, "pytorch_model.bin.index.json"), "{}");
    await assertRejects(() => importFolder(folder), Error, "cut into several files");
  }));
