/**
 * dsanet's own way of training, stopped at every second step: the best weights come back with each
 * epoch, and two optimisers have a schedule each.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { silent, type StepReport } from "../../src/progress.ts";
import { readCheckpoint, readWeights } from "../../src/run_folder/checkpoint.ts";
import { resumeIn, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const config = resolveConfig({
  catalog: registry,
  overrides: [
    ...["runner=dsanet", "data=synthetic", "data.features=clip", "data.dim=16", "data.crops=1"],
    ...["data.segments=8", "data.batch_size=2", "data.test_crop=null"],
    ...["data.synthetic.videos_train=4", "data.synthetic.videos_test=4"],
    ...["data.synthetic.shortest=6", "data.synthetic.longest_train=8"],
    "data.synthetic.longest_test=10",
    ...["runner.encoder.length=8", "runner.encoder.layers=1", "runner.branch.adapt_until=1"],
    "runner.branches=[{name: normality_refiner, prototypes: 3, heads: 2, depth: 1}]",
    // Large, so that the last step of an epoch is seldom its best.
    ...["runner.optimizer.lr=0.02", "runner.optimizer_groups.refiner.optimizer.lr=0.02"],
    "runner.optimizer_groups.refiner.schedule={name: warmup_cosine, warmup_steps: 3, total_steps: 12}",
    ...["runner.schedule={name: cosine_epochs, period: 4}", "trainer.max_epochs=4"],
    ...["trainer.eval_every=1", "trainer.eval_start=0", "trainer.checkpoint_every=1"],
  ],
});

Deno.test("dsanet resumes bit for bit wherever it was stopped, with the weights that an epoch loads back", () =>
  withFolder((whole) =>
    withFolder(async (stopped) => {
      assertEquals(config.trainer.reload_best, "epoch");
      await trainInto(whole, config);
      const { state, optimizer } = await readCheckpoint(join(whole, "last.safetensors"));
      const values = state.history.map(({ metrics }) => metrics.roc_auc!);
      const best = values.indexOf(Math.max(...values));
      assert(best < values.length - 1, `the last weights are the best: ${values}`);
      assert(optimizer.size > 0);
      let stops = 0;
      for (let done = false; !done;) {
        const stop = new AbortController();
        let left = 2;
        const step = ({ doing }: StepReport) => {
          if (doing === undefined && --left <= 0) stop.abort();
        };
        const surroundings = { progress: { ...silent, step }, stop: stop.signal };
        const run = stops === 0
          ? trainInto(stopped, config, surroundings)
          : resumeIn(stopped, surroundings);
        done = await run.then(() => true, (error) => {
          assert(error.message.includes("Training stopped"), error.stack);
          return false;
        });
        if (!done) stops++;
      }
      assert(stops >= 3, `it was stopped ${stops} times`);
      for (const file of ["best.safetensors", "last.safetensors", "frozen.safetensors"]) {
        const bytes = (folder: string) => Deno.readFileSync(join(folder, file));
        assertEquals(bytes(stopped), bytes(whole), file);
      }
      const weights = async (file: string) => (await readWeights(join(whole, file))).weights;
      const [last, kept] = [await weights("last.safetensors"), await weights("best.safetensors")];
      for (const [name, { data }] of kept) assertEquals(last.get(name)!.data, data, name);
    })
  ));
