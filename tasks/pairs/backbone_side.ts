/** Our side of a pair: seconds of a batch of clips through a backbone, in a process of its own. */

import * as tf from "@tensorflow/tfjs";
import { peakProcessBytes } from "../../src/bench/measure.ts";
import { buildNetwork } from "../../src/nn/backbone_network.ts";
import { registry } from "../../src/model/registry.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { drawn, weightByFormula } from "./formula.ts";
import type { TimedSide } from "./in_pairs.ts";

/** What a side is told on standard input. */
export interface PairRequest {
  backbone: string;
  settings: Record<string, unknown>;
  /** Shapes by key. */
  weights: Record<string, number[]>;
  clips: number[];
  threads: number;
  repeats: number;
}

export interface PairSide extends TimedSide {
  /** The first 64 numbers of the features, and the largest of all. */
  features: number[];
  largest: number;
}

const request: PairRequest = JSON.parse(await new Response(Deno.stdin.readable).text());
const device = await openDevice({ device: "cpu" });
const entry = registry.backbone[request.backbone];
const weights = new Map(
  Object.entries(request.weights).map(([key, shape]) => [
    key,
    { shape, data: weightByFormula(key, shape) },
  ]),
);
const { network } = buildNetwork(entry, entry.config.parse(request.settings), weights, {
  source: "a formula",
});
weights.clear();
const numbers = drawn("clips", request.clips.reduce((product, size) => product * size, 1))
  .map((value) => 2 * value);
const side: PairSide = {
  ...{ seconds: [], features: [], largest: 0, bytes: 0 },
  by: `wsvad, ${device.name}`,
};
for (let run = 0; run <= request.repeats; run++) {
  const start = performance.now();
  const features = tf.tidy(() => network(tf.tensor(numbers, request.clips)));
  const values = await features.data() as Float32Array;
  features.dispose();
  if (run > 0) side.seconds.push((performance.now() - start) / 1000);
  side.features = [...values.subarray(0, 64)];
  side.largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
side.bytes = peakProcessBytes();
console.log(JSON.stringify(side));
Deno.exit(0);
