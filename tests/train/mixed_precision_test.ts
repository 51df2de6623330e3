import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { silent } from "../../src/progress.ts";
import { findAdapter } from "../../src/device/webgpu/adapter.ts";
import { resumeIn, smallConfig, trainInto } from "./small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const hasHalf = (await findAdapter())?.features.has("shader-f16") ?? false;
const webgpu = { device: { device: "webgpu" as const } };

/**
 * Layers wide enough for the tiled product: narrower ones are computed in single precision anyway.
 */
function configOf(precision: "32" | "16-mixed", ...more: string[]) {
  return smallConfig(
    ...["data.dim=64", "data.segments=16", "data.batch_size=8", "runner.head.hidden=[64,48]"],
    ...["data.synthetic.videos_train=32", "data.synthetic.shortest=16"],
    ...["data.synthetic.longest_train=24", "data.synthetic.longest_test=24"],
    ...["trainer.max_steps=60", "trainer.log_every=10", "trainer.eval_every=60"],
    `trainer.precision=${precision}`,
    "runner.optimizer.lr=0.02",
    ...more,
  );
}

interface LogLine {
  kind: string;
  loss: number;
}

function lossesOf(folder: string): number[] {
  const lines = Deno.readTextFileSync(join(folder, "log.jsonl")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as LogLine)
    .filter(({ kind }) => kind === "step").map(({ loss }) => loss);
}

function resultOf(folder: string): { precision: unknown; skipped_steps: unknown } {
  return JSON.parse(Deno.readTextFileSync(join(folder, "result.json")));
}

Deno.test({
  name:
    "trainer.precision=16-mixed follows the losses of single precision within 2 %, and is not the same",
  ignore: !hasHalf,
  fn: () =>
    withFolder(async (folder) => {
      const curves: Record<string, number[]> = {};
      for (const precision of ["32", "16-mixed"] as const) {
        const run = join(folder, precision);
        Deno.mkdirSync(run);
        await trainInto(run, configOf(precision), webgpu);
        curves[precision] = lossesOf(run);
        const { precision: used, skipped_steps } = resultOf(run);
        assertEquals(String(used), precision);
        assertEquals(skipped_steps === null, precision === "32");
      }
      assertEquals(curves["32"].length, 6);
      assert(curves["32"][5] < 0.93 * curves["32"][0], `nothing was learned: ${curves["32"]}`);
      curves["32"].forEach((loss, i) =>
        assert(Math.abs(curves["16-mixed"][i] - loss) <= 0.02 * loss, JSON.stringify(curves))
      );
      assert(curves["16-mixed"].some((loss, i) => loss !== curves["32"][i]), "halves were used");
    }),
});

Deno.test({
  name: "trainer.precision=16-mixed resumes to the same weights, the scale of its loss included",
  ignore: !hasHalf,
  fn: () =>
    withFolder(async (folder) => {
      const [whole, cut] = ["whole", "cut"].map((name) => join(folder, name));
      for (const run of [whole, cut]) Deno.mkdirSync(run);
      const config = configOf("16-mixed", "trainer.max_steps=12", "trainer.eval_every=12");
      await trainInto(whole, config, webgpu);
      const stop = new AbortController();
      const progress = {
        ...silent,
        step: ({ step }: { step: number }) => step === 7 && stop.abort(),
      };
      await trainInto(cut, config, { ...webgpu, progress, stop: stop.signal }).catch((error) =>
        assertMatch(error.message, /stopped at step 7/)
      );
      await resumeIn(cut, webgpu);
      for (const name of ["last.safetensors", "best.safetensors"]) {
        assertEquals(Deno.readFileSync(join(cut, name)), Deno.readFileSync(join(whole, name)));
      }
    }),
});

Deno.test("trainer.precision=16-mixed on the cpu device says that it computes in single precision", () =>
  withFolder(async (folder) => {
    const [half, single] = ["half", "single"].map((name) => join(folder, name));
    for (const run of [half, single]) Deno.mkdirSync(run);
    const notes: string[] = [];
    const progress = { ...silent, note: (text: string) => void notes.push(text) };
    await trainInto(half, smallConfig("trainer.precision=16-mixed"), { progress });
    await trainInto(single, smallConfig());
    assertMatch(notes.join("\n"), /needs a GPU with shader-f16.*computing in single precision/);
    assertEquals(resultOf(half).precision, 32);
    assertEquals(lossesOf(half), lossesOf(single));
  }));
