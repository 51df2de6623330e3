import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { motion } from "../../src/backbones/motion.ts";
import { Random } from "../../src/random.ts";
import { assertClose, onCpu } from "../support/on_cpu.ts";

/** The features of one clip by the words of the page: plain loops. */
function plainly(clip: Float32Array): number[] {
  const brightness = (t: number, part: number) => {
    const top = Math.floor(part / 8) * 8, left = (part % 8) * 8;
    let sum = 0;
    for (let y = top; y < top + 8; y++) {
      for (let x = left; x < left + 8; x++) {
        const at = ((t * 64 + y) * 64 + x) * 3;
        sum += 0.299 * clip[at] + 0.587 * clip[at + 1] + 0.114 * clip[at + 2];
      }
    }
    return sum / 64;
  };
  const features: number[] = [];
  for (let part = 0; part < 64; part++) {
    const g = Array.from({ length: 16 }, (_, t) => brightness(t, part));
    const mean = g.reduce((a, b) => a + b) / 16;
    const deviation = Math.sqrt(g.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 16);
    const change = g.slice(1).map((x, t) => Math.abs(x - g[t]));
    features[part] = mean;
    features[64 + part] = 8 * deviation;
    features[128 + part] = 8 * change.reduce((a, b) => a + b) / 15;
    features[192 + part] = 8 * change.reduce((a, b) => Math.max(a, b));
  }
  return features;
}

onCpu("motion tells brightness and its changes, clip by clip", () => {
  const size = 16 * 64 * 64 * 3;
  const random = new Random(5, "clip");
  const values = Float32Array.from({ length: 2 * size }, () => random.uniform());
  values.fill(0.5, size); // the second clip stands still
  const facts = motion.facts({});
  const network = motion.build({}, { attnImpl: "fused", tensor: () => tf.scalar(0) });
  const features = network(tf.tensor(values, [2, ...facts.input]));
  assertEquals(features.shape, [2, facts.dim]);
  const expected = [values.subarray(0, size), values.subarray(size)].flatMap(plainly);
  assertClose(features, expected, 1e-4);
});
