import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { readCheckpoint, readWeights } from "../../src/run_folder/checkpoint.ts";
import { readLog } from "../../src/run_folder/log.ts";
import { resumeIn, smallConfig, trainInto } from "./small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

/**
 * Epochs of two steps, each evaluated twice, so that the best weights are seldom those of an
 * epoch's end.
 */
function configOf(reload: "epoch" | "null", ...more: string[]) {
  return smallConfig(
    "trainer.loop=epochs",
    "trainer.max_epochs=8",
    "trainer.eval_every=1",
    "trainer.checkpoint_every=1",
    "runner.optimizer.lr=0.05",
    `trainer.reload_best=${reload}`,
    ...more,
  );
}

async function weightsOf(folder: string, file: string): Promise<number[]> {
  const { weights } = await readWeights(join(folder, file));
  return [...weights].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([, { data }]) => [...data]);
}

Deno.test("Trainer goes on from the best weights after each epoch with reload_best: epoch", () =>
  withFolder(async (folder) => {
    await trainInto(folder, configOf("epoch"));
    const { state } = await readCheckpoint(join(folder, "last.safetensors"));
    const values = state.history.map(({ metrics }) => metrics.roc_auc!);
    // The case would show nothing if the last weights were the best ones.
    assert(values.at(-1)! < Math.max(...values), `roc_auc ${values}`);
    assertEquals(
      await weightsOf(folder, "last.safetensors"),
      await weightsOf(folder, "best.safetensors"),
    );
  }));

Deno.test("Trainer keeps the last weights without reload_best", () =>
  withFolder(async (folder) => {
    await trainInto(folder, configOf("null"));
    const best = await weightsOf(folder, "best.safetensors");
    assert(String(await weightsOf(folder, "last.safetensors")) !== String(best));
  }));

const GROUP =
  "runner.optimizer_groups=[{name: first, parameters: fc1, optimizer: {name: stable_adamw, lr: 0.05}, " +
  "schedule: {name: warmup_cosine, warmup_steps: 3, total_steps: 12}}]";

for (const groups of ["runner.optimizer_groups=[]", GROUP]) {
  const kind = groups === GROUP ? "with two optimisers" : "with one optimiser";
  Deno.test(`resumeTraining() meets the weights that were loaded back, wherever the run was stopped, ${kind}`, () =>
    withFolder((whole) =>
      withFolder(async (stopped) => {
        const config = configOf("epoch", groups);
        await trainInto(whole, config);
        const steps = (await readLog(join(whole, "log.jsonl"))).lines.at(-1)!.step;
        for (let done = false, begun = false; !done; begun = true) {
          const stop = new AbortController();
          let left = 2;
          const progress = {
            start() {},
            step: () => --left <= 0 && stop.abort(),
            note() {},
            stop() {},
          };
          const surroundings = { progress, stop: stop.signal };
          const run = begun
            ? resumeIn(stopped, surroundings)
            : trainInto(stopped, config, surroundings);
          done = await run.then(() => true, () => false);
        }
        const ends = (await readLog(join(stopped, "log.jsonl"))).lines.at(-1)!.step;
        assertEquals(ends, steps);
        for (const file of ["best.safetensors", "last.safetensors"]) {
          const bytes = (folder: string) => Deno.readFileSync(join(folder, file));
          assertEquals(bytes(stopped), bytes(whole), file);
        }
      })
    ));
}
