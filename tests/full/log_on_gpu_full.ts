import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { silent } from "../../src/progress.ts";
import { hasAdapter } from "../support/gpu.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const webgpu = { device: { device: "webgpu" as const } };

interface LogLine {
  kind: "step" | "eval";
  step: number;
  epoch: number;
  loss: number;
  terms: Record<string, number>;
  seconds?: number;
  memory_peak_bytes?: number;
}

/** The lines of a log, without what a clock says, and the memory that a replay takes. */
function logOf(folder: string): LogLine[] {
  const lines = Deno.readTextFileSync(join(folder, "log.jsonl")).trimEnd().split("\n");
  return lines.map((text) => {
    const { seconds: _, memory_peak_bytes: __, ...line } = JSON.parse(text) as LogLine;
    return line;
  });
}

/** Epochs of 3 steps; lines, evaluations and checkpoints at steps that are no tenth ones. */
function configOf(logEvery: number, capture: "auto" | "off" = "auto") {
  return smallConfig(
    ...["trainer.loop=epochs", "trainer.max_epochs=7", "data.synthetic.videos_train=12"],
    ...[`trainer.log_every=${logEvery}`, "trainer.eval_every=16", "trainer.eval_start=15"],
    ...["trainer.checkpoint_every=13", `trainer.capture=${capture}`],
  );
}

Deno.test({
  name:
    "Trainer logs the same losses from a GPU however many steps are read together, replayed, eager or resumed",
  ignore: !hasAdapter,
  fn: () =>
    withFolder(async (folder) => {
      const run = (name: string) => {
        const path = join(folder, name);
        Deno.mkdirSync(path);
        return path;
      };
      const [single, replayed, eager, resumed] = ["single", "replayed", "eager", "resumed"].map(
        run,
      );
      await trainInto(single, configOf(1), webgpu);
      await trainInto(replayed, configOf(14), webgpu);
      await trainInto(eager, configOf(14, "off"), webgpu);
      const stop = new AbortController();
      const progress = {
        ...silent,
        step: ({ step }: { step: number }) => step === 17 && stop.abort(),
      };
      await trainInto(resumed, configOf(14), { ...webgpu, progress, stop: stop.signal })
        .catch((error) => assertEquals(stop.signal.aborted, true, String(error)));
      await resumeIn(resumed, webgpu);

      const each = logOf(single).filter(({ kind }) => kind === "step");
      const last = each.length;
      assertEquals(each.map(({ step }) => step), Array.from(each, (_, i) => i + 1));
      let from = 0;
      for (const line of logOf(replayed).filter(({ kind }) => kind === "step")) {
        const some = each.slice(from, line.step);
        const mean = (of: (one: LogLine) => number) =>
          some.reduce((sum, one) => sum + of(one), 0) / some.length;
        assertEquals(line.loss, mean(({ loss }) => loss), `loss of step ${line.step}`);
        for (const name in line.terms) {
          assertEquals(line.terms[name], mean(({ terms }) => terms[name]), name);
        }
        from = line.step;
      }
      assertEquals(from, last);
      assertEquals(logOf(eager), logOf(replayed));
      assertEquals(logOf(resumed), logOf(replayed));
    }),
});
