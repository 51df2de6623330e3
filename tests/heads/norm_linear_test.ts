import * as tf from "@tensorflow/tfjs";
import { normLinear } from "../../src/heads/norm_linear.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import { cropMeanOf, dense, each, layerNormed, rowsOf, sigmoid } from "../support/plain_layers.ts";

const [B, N, T, C] = [2, 2, 3, 4];

onCpu(
  "normLinear scores every snippet behind a layer norm, then takes the mean over the crops",
  () => {
    checkSlot(
      normLinear,
      { ln_epsilon: 1e-3 },
      { sizes: { C }, outputs: ["scores"] },
      { encoded: tf.mul(randomTensor([B, N, T, C], 9), 8) },
      (of) => {
        const x = layerNormed(
          rowsOf(of.encoded, C),
          of["head_norm.weight"],
          of["head_norm.bias"],
          1e-3,
        );
        return cropMeanOf(each(dense(x, of["head.weight"], of["head.bias"]), sigmoid).flat(), B, N);
      },
    );
  },
);
