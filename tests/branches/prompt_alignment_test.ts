import { promptAlignment } from "../../src/branches/prompt_alignment.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  cropMeanOf,
  dense,
  dot,
  each,
  plus,
  quickGelu,
  type Rows,
  rowsOf,
  sequencesOf,
  sumOf,
} from "../support/plain_layers.ts";

const [B, N, T, C] = [2, 2, 3, 4];

onCpu(
  "promptAlignment compares snippets with texts that have seen the video, in value and slope",
  () => {
    checkSlot(
      promptAlignment,
      {
        clip: "built_in",
        classes: ["Normal", "Abuse", "Arson"],
        prefix: 0,
        postfix: 0, // the texts are a frozen table
        expansion: 2,
      },
      { sizes: { C }, outputs: ["class_logits"] },
      { encoded: randomTensor([B, N, T, C], 9), score_logits: randomTensor([B, N, T, 1], 10) },
      (of) => {
        const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
        const unit = (row: number[]) => row.map((value) => value / Math.hypot(...row));
        const text = rowsOf(of["clipmodel.class_text"], C);
        const weights = rowsOf(of.score_logits, T);
        const logits = sequencesOf(of.encoded, T, C).flatMap((video, r) => {
          const seen = unit(
            video[0].map((_, c) => sumOf(weights[r].map((w, t) => w * video[t][c]))),
          );
          const prompted = text.map((row) => row.map((value, c) => value + seen[c]));
          const refined = plus(
            prompted,
            layer(each(layer(prompted, "mlp1.c_fc"), quickGelu), "mlp1.c_proj"),
          ).map(unit);
          return video.map(unit).flatMap((snippet) =>
            refined.map((row) => dot(snippet, row) / 0.07)
          );
        });
        return cropMeanOf(logits, B, N);
      },
      { tolerance: 1e-4 }, // cosines are divided by 0.07
    );
  },
);
