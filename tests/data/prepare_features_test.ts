import { assertAlmostEquals, assertEquals } from "@std/assert";
import { FeatureCache } from "../../src/data/feature_cache.ts";
import { prepareFeatures } from "../../src/data/prepare_features.ts";
import type { VideoFeatures } from "../../src/data/video.ts";

const none = { reduce: "mean", pad: false, normalize: "none", magnitude: false } as const;
const rows = (...values: number[][]): VideoFeatures => ({
  crops: 1,
  snippets: values.length,
  dim: values[0].length,
  values: new Float32Array(values.flat()),
  length: values.length,
});

Deno.test("prepareFeatures leaves full-length features and those with enough segments as they are", () => {
  const features = rows([3, 4], [6, 8]);
  assertEquals(prepareFeatures(features, none), rows([3, 4], [6, 8]));
  assertEquals(prepareFeatures(features, none, 2), rows([3, 4], [6, 8]));
});

Deno.test("prepareFeatures pools first, so normalised rows have norm 1 and magnitudes are of means", () => {
  const features = () => rows([3, 0], [0, 4], [6, 8], [6, 8]);
  const pooled = prepareFeatures(features(), { ...none, normalize: "l2" }, 2);
  assertEquals([pooled.snippets, pooled.length], [2, 2]);
  assertAlmostEquals(Math.hypot(pooled.values[0], pooled.values[1]), 1, 1e-6); // float32
  const measured = prepareFeatures(features(), { ...none, magnitude: true }, 2);
  assertEquals(measured, rows([1.5, 2, 2.5], [6, 8, 10]));
});

Deno.test("prepareFeatures keeps a file's magnitude once, and makes it anew after pooling", () => {
  const withMagnitude = () => ({ ...rows([3, 4, 99], [3, 4, 99]), magnitude: true });
  const asked = { ...none, magnitude: true };
  assertEquals(prepareFeatures(withMagnitude(), asked), rows([3, 4, 99], [3, 4, 99]));
  assertEquals(prepareFeatures(withMagnitude(), asked, 1), rows([3, 4, 5]));
  assertEquals(prepareFeatures(withMagnitude(), none), rows([3, 4], [3, 4]));
  const normalised = prepareFeatures(withMagnitude(), { ...none, normalize: "l2" });
  assertEquals(normalised.values, new Float32Array([0.6, 0.8, 0.6, 0.8]));
});

Deno.test("FeatureCache keeps what fits, first come first kept", async () => {
  const cache = new FeatureCache(2 * 8);
  let loads = 0;
  const load = () => (loads++, Promise.resolve(rows([1, 2])));
  for (const key of ["a", "b", "c", "a", "b", "c", "c"]) await cache.get(key, load);
  assertEquals(loads, 5);
  assertEquals((await cache.get("a", load)).values, new Float32Array([1, 2]));
});
