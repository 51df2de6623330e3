import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dataSets } from "../../src/sets/index.ts";
import { scopeOf } from "../../src/model/assemble.ts";
import { frozenClassText } from "../../src/nn/class_text.ts";
import { clipTextTower } from "../../src/nn/clip_text_tower.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { builtInClassDirections, builtInFeatures } from "../../src/text/built_in_tower.ts";
import { plainPrompt } from "../../src/text/prompts.ts";
import { clipTokenizer } from "../../src/text/tokenizer.ts";
import { withDevice } from "../support/with_device.ts";

const { classes } = dataSets.ucf_crime;

Deno.test("builtInFeatures() are what the tower of a model gives, and its frozen table, whatever the seed", async () => {
  await withDevice(() => {
    const tokenizer = clipTokenizer();
    const rows = classes.map((name) => plainPrompt(tokenizer, name, 77));
    const ids = classes.map((name) => [tokenizer.start, ...tokenizer.pieces(name), tokenizer.end]);
    const expected = builtInFeatures(ids, 16).flatMap((feature) => [...feature]);
    const random = new RandomStream(0);
    for (const seed of [0, 7]) {
      const store = new ParameterStore(seed);
      const scope = scopeOf("test", store, { guardSqrt: false, attnImpl: "fused" });
      const tower = { width: 1, layers: 1, heads: 1, context: 2, vocabulary: 2 }; // not looked at
      const { encoder } = clipTextTower(scope, "a.", { clip: "built_in", tower }, 16);
      const table = frozenClassText(scope, "b.", { clip: "built_in" }, rows, 16);
      const context = { mode: "train" as const, random, step: 0, epoch: 0 };
      const [found, kept] = tf.tidy(
        () => [encoder(rows)(context).dataSync(), table(context).dataSync()],
      );
      expected.forEach((value, i) => {
        assertAlmostEquals(found[i], value, 1e-3);
        assertAlmostEquals(kept[i], value, 1e-5);
      });
      store.dispose();
    }
    random.dispose();
  });
});

Deno.test("builtInClassDirections() are unit vectors that can be told apart, the same each time", () => {
  const directions = builtInClassDirections(classes, 64);
  assertEquals(directions, builtInClassDirections(classes, 64));
  const cosine = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  directions.forEach((direction, i) => {
    assertAlmostEquals(cosine(direction, direction), 1, 1e-5);
    directions.slice(0, i).forEach((other) => assert(Math.abs(cosine(direction, other)) < 0.7));
  });
});
