import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { runEvaluation } from "../../src/commands/run_evaluation.ts";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { withLock } from "../../src/run_folder/lock.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("eval and score refuse a folder that is being written, and leave no lock in theirs", () =>
  withFolder(async (folder) => {
    const run = join(folder, "run"), features = join(folder, "v.npy");
    Deno.mkdirSync(run);
    await trainInto(run, smallConfig("trainer.max_steps=1"));
    Deno.writeFileSync(features, encodeNpy([5, 8], new Float32Array(40).fill(0.5)));
    const common = {
      ...{ checkpoint: run, overrides: [], configDirs: [], overwrite: true, progress: silent },
      device: { device: "cpu", blas: "off" } as const,
    };
    const commands = {
      eval: (out: string) => runEvaluation({ ...common, out }),
      score: (out: string) =>
        scoreFiles({ ...common, out, paths: [features], formats: ["csv"], top: 1 }),
    };
    for (const [name, command] of Object.entries(commands)) {
      const out = join(folder, name);
      Deno.mkdirSync(out);
      await withLock(out, async () => {
        const error = await assertRejects(
          () => command(out),
          Error,
          `Cannot write to "${out}": process ${Deno.pid} has been writing it since`,
        );
        assert(isFault(error));
      });
      assertEquals([...Deno.readDirSync(out)], []);
      await command(out);
      const written = [...Deno.readDirSync(out)].map(({ name }) => name);
      assert(written.length > 0 && !written.includes(".lock"), written.join());
    }
  }));
