import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { vggish } from "../../src/backbones/vggish.ts";
import { loadBackbone } from "../../src/model/load_backbone.ts";
import { weightShapes } from "../../src/nn/backbone_network.ts";
import { drawnWeights, weightsFile } from "../support/backbone_weights.ts";
import { withDevice } from "../support/with_device.ts";

Deno.test("vggish reads 18 tensors, and those of the PCA where features are quantised", () => {
  const plain = vggish.config.parse({}),
    quantised = { ...plain, postprocess: "tensorflow" as const };
  const shapes = weightShapes(vggish, plain);
  assertEquals(shapes.size, 18);
  assertEquals(shapes.get("features.13.weight"), [512, 512, 3, 3]);
  assertEquals(shapes.get("embeddings.0.weight"), [4096, 12288]);
  assertEquals(weightShapes(vggish, quantised).get("pca_means"), [128, 1]);
  assertEquals(vggish.placeOf("pca_means", plain), "unused");
  assertEquals(vggish.placeOf("pca_means", quantised), { key: "pca_means" });
});

Deno.test("vggish makes whole numbers of 0 to 255, rounded or cut off", async () => {
  const settings = { channels: [2, 2, 2, 2, 2, 2], fc: [3, 3, 4], postprocess: "torchvggish" };
  const all = drawnWeights(vggish, vggish.config.parse(settings));
  const file = weightsFile(all);
  await withDevice(async () => {
    const clips = tf.randomUniform([2, 96, 64], -4, 3, "float32", 3);
    const featuresOf = async (changed: Record<string, unknown>) => {
      const { network, dispose } = await loadBackbone({
        name: "vggish",
        settings: { ...settings, ...changed },
        weights: file,
      });
      const found = tf.tidy(() => [...network(clips).dataSync()]);
      dispose();
      return found;
    };
    const rounded = await featuresOf({}), cut = await featuresOf({ postprocess: "tensorflow" });
    clips.dispose();
    assert(rounded.every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
    assert(rounded.every((value, i) => value - cut[i] === 0 || value - cut[i] === 1));
    assert(rounded.some((value, i) => value !== cut[i]));
  });
});
