import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf, withModel } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";
import { smallRunner } from "./combinations.ts";

for (const name of Object.keys(EMBEDDED.runner)) {
  Deno.test(`assemble(): what ${name} reads is enough for its losses`, () =>
    withDevice(() =>
      withModel(smallRunner(name), (model, contextOf) => {
        const batch = batchOf(randomTensor([4, 2, 18, 32], 1));
        const context = { ...contextOf("train"), epoch: 1 };
        const lossOf = (keep: "all" | "read") =>
          tf.tidy(() =>
            model.loss(model.forward(batch, context, keep), context).loss.dataSync()[0]
          );
        // Norms move their running statistics, which a loss may see.
        const statistics = model.parameters.all().filter(({ trained }) => !trained);
        const before = statistics.map(({ variable }) => Float32Array.from(variable.dataSync()));
        const all = lossOf("all");
        statistics.forEach(({ variable }, i) => overwrite(variable, before[i]));
        assertEquals(lossOf("read"), all);
        tf.dispose({ ...batch });
      })
    ));
}
