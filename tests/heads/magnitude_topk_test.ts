import { magnitudeTopk } from "../../src/heads/magnitude_topk.ts";
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

onCpu("magnitudeTopk scores snippets by three dense layers and selects the longest ones", () => {
  checkSlot(
    magnitudeTopk,
    { hidden: [3, 2], dropout: 0, selection_dropout: 0, k: K },
    { sizes: { C }, outputs: ["scores", "selected.scores"] },
    { encoded: randomTensor([B, N, T, C], 9) },
    (of) => {
      const layer = (x: Rows, i: number) => dense(x, of[`fc${i}.weight`], of[`fc${i}.bias`]);
      const f = rowsOf(of.encoded, C);
      const hidden = each(layer(each(layer(f, 1), relu), 2), relu);
      const scores = cropMeanOf(each(layer(hidden, 3), sigmoid).flat(), B, N);
      return [...scores, ...selectedScores(f, scores, { B, N, T, K })];
    },
    { mode: "train" },
  );
});
