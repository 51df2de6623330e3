import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { scopeOf } from "../../src/model/assemble.ts";
import type { Context } from "../../src/contract/slot.ts";
import { clipTextTower } from "../../src/nn/clip_text_tower.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Random } from "../../src/random.ts";
import { plainTextFeature, type TowerValues } from "../../src/text/plain_tower.ts";
import type { PromptRow } from "../../src/text/prompts.ts";
import { towerParameters } from "../../src/text/tower_parameters.ts";
import { withDevice } from "../support/with_device.ts";

const tower = { width: 12, layers: 2, heads: 3, context: 9, vocabulary: 11 };
const embed = 5;

/** A tower with random weights, also as plain numbers. */
function randomTower(options: { trained?: ["text_projection"]; thaw?: true } = {}) {
  const store = new ParameterStore(null);
  const own = scopeOf("test", store, { guardSqrt: false, attnImpl: "fused" });
  const scope = options.thaw ? { ...own, frozen: own.parameter } : own;
  const made = clipTextTower(scope, "clip.", { clip: null, tower }, embed, options);
  const values = new Map([...towerParameters({ ...tower, embed })].map(([name, shape]) => {
    const random = new Random(5, name);
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => (/ln_.*weight/.test(name) ? 1 : 0) + 0.4 * (random.uniform() - 0.5),
    );
    return [name, { shape, data }];
  }));
  store.assign(new Map([...values].map(([name, value]) => [`clip.${name}`, value])), "test");
  const plain: TowerValues = (name) => values.get(name)!.data;
  return { tower: made, store, plain, values };
}

const row = (...ids: number[]): PromptRow => ({
  sources: ids.map((token) => ({ token })),
  readOut: ids.length - 1,
});

async function context(mode: Context["mode"], more: Partial<Omit<Context, "random">> = {}) {
  const random = new RandomStream(0);
  return await Promise.resolve({ mode, random, step: 0, epoch: 0, ...more });
}

Deno.test("clipTextTower() agrees with plain loops, whatever the lengths of the texts", async () => {
  await withDevice(async () => {
    const { tower: { encoder, sizes }, store, plain } = randomTower();
    const rows = [[9, 3, 10], [9, 4, 4, 1, 0, 2, 6, 7, 10], [9, 10]];
    const at = await context("train");
    const found = tf.tidy(() => encoder(rows.map((ids) => row(...ids)))(at));
    assertEquals(found.shape, [3, embed]);
    const expected = rows.flatMap((ids) => [...plainTextFeature(plain, sizes, ids)]);
    found.dataSync().forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5));
    tf.dispose(found);
    at.random.dispose();
    store.dispose();
  });
});

Deno.test("clipTextTower() reads learned vectors by row, with the gradient of central differences", async () => {
  await withDevice(async () => {
    const { tower: { encoder, sizes }, store, plain, values } = randomTower();
    const learned = tf.tidy(() =>
      tf.variable(tf.randomUniform([3, tower.width], -0.3, 0.3, "float32", 1))
    );
    // Vector 1 stands twice, vector 2 nowhere.
    const prompt: PromptRow = {
      sources: [{ token: 9 }, { learned: 1 }, { token: 2 }, { learned: 0 }, { learned: 1 }, {
        token: 10,
      }],
      readOut: 5,
    };
    const at = await context("train");
    const weights = Float32Array.from({ length: embed }, (_, i) => i - 1.5);
    const { grads, value } = tf.variableGrads(
      () => tf.sum(tf.mul(encoder([prompt], learned)(at), tf.tensor2d(weights, [1, embed]))),
      [learned],
    ) as { grads: Record<string, tf.Tensor>; value: tf.Scalar };
    const table = Float64Array.from(learned.dataSync());
    // Learned vectors as further tokens of the plain tower.
    const spelled = prompt.sources.map((source) =>
      "token" in source ? source.token : tower.vocabulary + source.learned
    );
    const loss = () => {
      const extended: TowerValues = (name) =>
        name === "token_embedding.weight" ? [...values.get(name)!.data, ...table] : plain(name);
      return plainTextFeature(extended, sizes, spelled)
        .reduce((sum, feature, e) => sum + feature * weights[e], 0);
    };
    assertAlmostEquals(value.dataSync()[0], loss(), 1e-5);
    const found = grads[learned.name].dataSync();
    for (let i = 0; i < table.length; i++) {
      const kept = table[i];
      table[i] = kept + 1e-4;
      const above = loss();
      table[i] = kept - 1e-4;
      assertAlmostEquals(found[i], (above - loss()) / 2e-4, 1e-4, `element ${i}`);
      table[i] = kept;
    }
    assert(found.slice(2 * tower.width).every((slope) => slope === 0));
    tf.dispose([grads, value]);
    learned.dispose();
    at.random.dispose();
    store.dispose();
  });
});

Deno.test("clipTextTower() freezes its parameters but those that are to be trained", async () => {
  await withDevice(() => {
    const { store } = randomTower({ trained: ["text_projection"] });
    assertEquals(store.trained().map(({ name }) => name), ["clip.text_projection"]);
    assert(store.all().every(({ trained, frozen }) => trained !== frozen));
    assertEquals(store.all().length, towerParameters({ ...tower, embed }).size);
    store.dispose();
  });
});

/** Shapes of all matrix products of a pass and its gradient, by their last two axes. */
async function productShapes(thaw?: true): Promise<string[]> {
  const { tower: { encoder }, store } = randomTower({ thaw });
  const learned = tf.tidy(() => tf.variable(tf.ones([1, tower.width])));
  const prompt: PromptRow = { sources: [{ token: 9 }, { learned: 0 }, { token: 10 }], readOut: 2 };
  const at = await context("train");
  const shapes: string[] = [];
  const kernel = { kernelName: "BatchMatMul", backendName: "wasm" };
  const { kernelFunc } = tf.getKernel("BatchMatMul", "wasm");
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      const made = kernelFunc(call) as tf.TensorInfo;
      shapes.push(String(made.shape.slice(-2)));
      return made;
    },
  });
  const trained = store.trained().map(({ variable }) => variable);
  const { grads, value } = tf.variableGrads(
    () => tf.sum(encoder([prompt], learned)(at)) as tf.Scalar,
    [learned, ...trained],
  );
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({ ...kernel, kernelFunc });
  tf.dispose([grads, value]);
  learned.dispose();
  at.random.dispose();
  store.dispose();
  return shapes;
}

Deno.test("clipTextTower() makes no gradient of frozen weights", async () => {
  await withDevice(async () => {
    const { width } = tower;
    const shapes = [[3 * width, width], [width, width], [4 * width, width], [width, 4 * width]];
    const ofWeights = (products: string[]) =>
      products.filter((product) => shapes.some((shape) => String(shape) === product)).length;
    assert(ofWeights(await productShapes(true)) > 0, "the gradients are such products");
    assertEquals(ofWeights(await productShapes()), 0);
  });
});

Deno.test("ClipTextTower.encoder() computes a text once in a memo, in evaluation alone", async () => {
  await withDevice(async () => {
    const { tower: { encoder }, store } = randomTower();
    const textOf = encoder([row(9, 1, 10)]), other = encoder([row(9, 2, 10)]);
    const names: string[] = [];
    const memo = { of: (name: string, make: () => tf.Tensor) => (names.push(name), make()) };
    const evaluation = await context("eval", { memo }), training = await context("train", { memo });
    tf.tidy(() => void [textOf(evaluation), other(evaluation), textOf(training)]);
    assertEquals(names, ["clip.text/0", "clip.text/1"]);
    evaluation.random.dispose();
    training.random.dispose();
    store.dispose();
  });
});

Deno.test("clipTextTower() refuses heads that do not divide its width", async () => {
  await withDevice(() => {
    const scope = scopeOf("test", new ParameterStore(null), {
      guardSqrt: false,
      attnImpl: "fused",
    });
    assertThrows(
      () => clipTextTower(scope, "", { clip: null, tower: { ...tower, heads: 5 } }, embed),
      RangeError,
      "a width of 12 is no multiple of 5 heads; set runner.branch.tower.heads",
    );
  });
});
