/** Our side of a pair: seconds of attention's forward and gradient, in a process of its own. */

import * as tf from "@tensorflow/tfjs";
import "../../src/ops/tfjs_gradients.ts";
import { peakProcessBytes } from "../../src/bench/measure.ts";
import { attention } from "../../src/ops/attention/op.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import { drawn } from "./formula.ts";
import type { TimedSide } from "./in_pairs.ts";

/** Heads and their channels; every one of the `time` snippets of a row sees every other. */
export interface AttentionRequest {
  rows: number;
  time: number;
  heads: number;
  channels: number;
  threads: number;
  repeats: number;
}

export interface AttentionSide extends TimedSide {
  /** The first 64 numbers of each gradient: dq, dk, dv. */
  gradients: number[];
}

const request: AttentionRequest = JSON.parse(await new Response(Deno.stdin.readable).text());
const { rows, time, heads, channels } = request;
const device = await openDevice({ device: "cpu" });
const shape: [number, number, number] = [rows, time, heads * channels];
const [q, k, v, dy] = ["q", "k", "v", "dy"].map((name) =>
  tf.tensor(drawn(name, rows * time * heads * channels), shape)
);
const gradient = tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
  attention(q, k, v, channels ** -0.5, { heads })
);
const side: AttentionSide = {
  ...{ seconds: [], gradients: [], bytes: 0 },
  by: `wsvad, ${device.name}`,
};
for (let run = 0; run <= request.repeats; run++) {
  const start = performance.now();
  const gradients = gradient([q, k, v], dy); // computed when it returns: nothing is read for that
  if (run > 0) side.seconds.push((performance.now() - start) / 1000);
  if (run === request.repeats) {
    const values = await Promise.all(gradients.map((each) => each.data()));
    side.gradients = values.flatMap((each) => [...each.subarray(0, 64)]);
  }
  tf.dispose(gradients);
}
side.bytes = peakProcessBytes();
console.log(JSON.stringify(side));
Deno.exit(0);
