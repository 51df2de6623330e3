import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { benchModel } from "../../src/bench/bench_model.ts";
import { officialBatch, randomBatch } from "../../src/bench/official_batch.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { uploadBatch } from "../../src/train/upload.ts";
import { withDevice } from "../support/with_device.ts";

/** Takes too long for this suite: a text tower, or 13 experts of its own width. */
const LARGE = ["gs_moe", "vadclip", "tpwng", "dsanet"];

for (const name of Object.keys(EMBEDDED.runner).filter((name) => !LARGE.includes(name))) {
  Deno.test(`assemble(): what ${name} reads is enough for its losses`, () =>
    withDevice(() => {
      const small = ["runner.features.dim=128", "runner.features.crops=1", "data.segments=16"];
      const config = resolveConfig({ catalog: registry, overrides: [`runner=${name}`, ...small] });
      const shape = officialBatch(config, 4);
      const bench = benchModel(config, 128, null);
      const batch = uploadBatch(randomBatch(shape));
      const context = { mode: "train" as const, random: bench.random, step: 0, epoch: 1 };
      const lossOf = (keep: "all" | "read") =>
        tf.tidy(() =>
          bench.model.loss(bench.model.forward(batch, context, keep), context).loss.dataSync()[0]
        );
      // Norms move their running statistics, which a loss may see.
      const statistics = bench.model.parameters.all().filter(({ trained }) => !trained);
      const before = statistics.map(({ variable }) => Float32Array.from(variable.dataSync()));
      const all = lossOf("all");
      statistics.forEach(({ variable }, i) => overwrite(variable, before[i]));
      assertEquals(lossOf("read"), all);
      tf.dispose({ ...batch });
      bench.dispose();
    }));
}
