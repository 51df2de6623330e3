import { assert, assertEquals } from "@std/assert";
import { adaptedAlignment } from "../../src/branches/adapted_alignment.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const [T, C] = [10, 8];
const config: ModelConfig = {
  features: { dim: C, text_aligned: true },
  encoder: { name: "local_global_adapter", length: T, window: 5, layers: 1 },
  head: { name: "residual_classifier" },
  branch: { name: adaptedAlignment.name, clip: "built_in", adapt_until: 2 },
  loss: [{ name: "text_contrast", weight: 1 }],
};

onCpu(
  "adaptedAlignment gives texts of length 1, and trains its adapters through the frozen tower",
  () => {
    withModel(config, (model, context) => {
      const video = randomTensor([2, 1, T, C], 1);
      const text = outputOf(model, video, context("train"), "text_features");
      for (let k = 0; k < 14; k++) {
        const squares = text.subarray(k * C, (k + 1) * C).reduce(
          (sum, value) => sum + value ** 2,
          0,
        );
        assert(Math.abs(squares - 1) < 1e-5);
      }
      const { gradients } = gradientsOf(model, video, context("train"));
      for (const i of [0, 1, 2]) {
        const gradient = gradients.get(`clip_adapter.text_adapter.${i}.fc.0.weight`)!;
        assert(gradient.some((value) => value !== 0), `adapter ${i}`);
      }
      assertEquals([...gradients.keys()].filter((name) => name.startsWith("clipmodel.")), []);
    });
  },
);
