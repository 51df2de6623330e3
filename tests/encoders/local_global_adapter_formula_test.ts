import * as tf from "@tensorflow/tfjs";
import { localGlobalAdapter } from "../../src/encoders/local_global_adapter.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  attended,
  beside,
  conv,
  dense,
  dot,
  each,
  layerNormed,
  plus,
  quickGelu,
  type Rows,
  rowsOf,
  softmaxOf,
  sumOf,
} from "../support/plain_layers.ts";

onCpu("localGlobalAdapter attends in windows, then over its two graphs, in value and slope", () => {
  const [T, C, WINDOW, VALID, THRESHOLD] = [4, 4, 2, 3, 0.5];
  checkSlot(
    localGlobalAdapter,
    { length: T, layers: 1, heads: 2, window: WINDOW, threshold: THRESHOLD },
    { sizes: { C }, outputs: ["encoded"] },
    { features: randomTensor([1, 1, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
      const norm = (x: Rows, name: string) =>
        layerNormed(x, of[`${name}.weight`], of[`${name}.bias`]);
      const block = "temporal.resblocks.0";
      const placed = plus(
        rowsOf(of.features, C),
        rowsOf(of["frame_position_embeddings.weight"], C),
      );
      const x = [0, WINDOW].flatMap((start) => {
        const x = placed.slice(start, start + WINDOW); // each window on its own
        const qkv = dense(
          norm(x, `${block}.ln_1`),
          of[`${block}.attn.in_proj_weight`],
          of[`${block}.attn.in_proj_bias`],
        );
        const [q, k, v] = [0, C, 2 * C].map((at) => qkv.map((row) => row.slice(at, at + C)));
        const y = plus(x, layer(attended(q, k, v, 2, (C / 2) ** -0.5), `${block}.attn.out_proj`));
        const wide = each(layer(norm(y, `${block}.ln_2`), `${block}.mlp.c_fc`), quickGelu);
        return plus(y, layer(wide, `${block}.mlp.c_proj`));
      });
      // By likeness: softmax over the valid snippets of the cosines above the threshold,
      // 0 for the others.
      const cosine = (a: number[], b: number[]) =>
        dot(a, b) / (Math.hypot(...a) * Math.hypot(...b) + 1e-20);
      const alike = x.map((a, i) => {
        if (i >= VALID) return x.map(() => 0);
        const weights = softmaxOf(
          x.slice(0, VALID).map((b) => cosine(a, b) > THRESHOLD ? cosine(a, b) : 0),
        );
        return x.map((_, j) => weights[j] ?? 0);
      });
      const near = x.map((_, i) => x.map((_, j) => Math.exp(-Math.abs(i - j) / Math.E)));
      const graphLayer = (graph: Rows, x: Rows, name: string, residual: Rows) => {
        const columns = rowsOf(of[`${name}.weight`], C / 2); // [inputs, outputs]
        const projected = x.map((row) =>
          columns[0].map((_, o) => sumOf(row.map((value, c) => value * columns[c][o])))
        );
        const summed = graph.map((weights) =>
          columns[0].map((_, o) => sumOf(weights.map((weight, j) => weight * projected[j][o])))
        );
        return each(plus(summed, residual), quickGelu);
      };
      const stream = (graph: Rows, wide: string, narrow: string) => {
        const past = conv(x, of[`${wide}.residual.weight`], of[`${wide}.residual.bias`], {
          taps: 5,
        });
        const y = graphLayer(graph, x, wide, past);
        return graphLayer(graph, y, narrow, y);
      };
      return layer(beside(stream(alike, "gc1", "gc2"), stream(near, "gc3", "gc4")), "linear")
        .flat();
    },
    { constants: { lengths: tf.tensor1d([VALID], "int32") }, tolerance: 1e-5 },
  );
});
