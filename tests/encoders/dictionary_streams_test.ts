import { assertThrows } from "@std/assert";
import { dictionaryStreams } from "../../src/encoders/dictionary_streams.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot, withPart } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  dot,
  each,
  relu,
  type Rows,
  rowsOf,
  sigmoid,
  softmaxOf,
  sumOf,
} from "../support/plain_layers.ts";
import { groupNormPyramidOf } from "../support/plain_pyramids.ts";

const [N, T, C, SLOTS] = [2, 3, 16, 3];
const settings = {
  slots: SLOTS,
  learned: true,
  groups: 2,
  gate_reduction: 8,
  dropout: 0,
};

onCpu("dictionaryStreams reconstructs the video and gates both, in value and slope", () => {
  checkSlot(
    dictionaryStreams,
    settings,
    { sizes: { C }, outputs: ["encoded", "reconstruction"] },
    { features: randomTensor([1, N, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
      const named = (part: string) => `en_normal.en_normal_module.${part}_embedding`;
      const x = rowsOf(of.features, C), dictionary = rowsOf(of.dictionary, C);
      const [query, key, value] = [
        layer(x, named("query")),
        layer(dictionary, named("cache")),
        layer(dictionary, named("value")),
      ];
      const macro = query.map((q) => {
        const weights = softmaxOf(key.map((k) => dot(q, k))); // not divided by a root
        return value[0].map((_, c) => sumOf(weights.map((weight, s) => weight * value[s][c])));
      });
      const pyramid = (x: Rows, name: string) =>
        groupNormPyramidOf(x, T, (part) => of[`${name}.0.${part}`], 2);
      const video = pyramid(x, "video_embedding"), normal = pyramid(macro, "macro_embedding");
      const timeMean = (x: Rows) => rowsOf(cropMeanOf(x.flat(), N, T), C);
      const apart = timeMean(video).map((row, r) =>
        row.map((value, c) => value - timeMean(normal)[r][c])
      );
      const gateName = "de_normal.channel_attention.channel_gate.mlp";
      const gate = each(layer(each(layer(apart, `${gateName}.1`), relu), `${gateName}.3`), sigmoid);
      const open = (x: Rows, of: (gate: number) => number) =>
        x.map((row, i) => row.map((value, c) => value * of(gate[Math.floor(i / T)][c])));
      return [
        ...open(video, (g) => g).flat(),
        ...open(normal, (g) => 1 - g).flat(),
      ];
    },
    { mode: "train", tolerance: 2e-5 },
  );
});

Deno.test("dictionaryStreams refuses channels that its groups and its gate do not divide", () => {
  const config = dictionaryStreams.config.parse(settings);
  withPart((scope) => () => dictionaryStreams.build(config, scope, { C: 20 }), (build) => {
    assertThrows(build, RangeError, "divisible by 8 and by 8, found 20");
  });
});
