import { streamTopk } from "../../src/heads/stream_topk.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  each,
  relu,
  type Rows,
  rowsOf,
  selectedScores,
  sigmoid,
} from "../support/plain_layers.ts";

const [B, N, T, C, K] = [2, 2, 5, 4, 2];

onCpu(
  "streamTopk scores snippets of the video, and the mean over time of its reconstruction",
  () => {
    checkSlot(
      streamTopk,
      { reductions: [2, 4], dropout: 0, selection_dropout: 0, k: K },
      { sizes: { C }, outputs: ["scores", "selected.scores", "reconstruction.scores"] },
      { encoded: randomTensor([B, N, T, C], 9), reconstruction: randomTensor([B, N, T, C], 10) },
      (of) => {
        const score = (x: Rows, name: string) => {
          const layer = (x: Rows, i: number) =>
            dense(x, of[`${name}.${i}.weight`], of[`${name}.${i}.bias`]);
          return each(layer(each(layer(each(layer(x, 0), relu), 3), relu), 6), sigmoid).flat();
        };
        const f = rowsOf(of.encoded, C);
        const scores = cropMeanOf(score(f, "video_classifier"), B, N);
        const overTime = rowsOf(cropMeanOf(of.reconstruction, B * N, T), C); // [B N, C]
        const macro = cropMeanOf(score(overTime, "macro_classifier.mlp"), B, N);
        return [...scores, ...selectedScores(f, scores, { B, N, T, K }), ...macro];
      },
      { mode: "train" },
    );
  },
);
