/** What the memory check advises for rtfm's own sizes, run on the cpu device's real heap. */

import { assert, assertRejects } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";
import { runTraining } from "../../src/commands/run_training.ts";

Deno.test("runTraining() of rtfm runs with the batch that a refusal advises", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const train = (batchSize: number) =>
      runTraining({
        config: resolveConfig({
          catalog: registry,
          overrides: [
            ...["runner=rtfm", "data=synthetic", `data.batch_size=${batchSize}`],
            ...["data.synthetic.videos_train=128", "data.synthetic.videos_test=1"],
            ...["trainer.max_steps=2", "trainer.eval_every=2"],
          ],
        }),
        runFolder: folder,
        overwrite: true,
        device: { device: "cpu" },
        progress: silent,
      });
    const error = await assertRejects(() => train(128), RangeError);
    const [, fits] = /data\.batch_size=(\d+) fits/.exec(error.message)!;
    await train(Number(fits));
    assert(Deno.statSync(join(folder, "result.json")).isFile);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
