import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { Random } from "../../src/random.ts";
import { hasAdapter } from "../support/gpu.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const FILES = 6, SNIPPETS = 7, DIM = 8;

/** How many replays `work` makes. */
async function replaysDuring(work: () => Promise<void>): Promise<number> {
  const { replay } = WsvadWebGPUBackend.prototype;
  let replays = 0;
  WsvadWebGPUBackend.prototype.replay = function (...given) {
    replays++;
    return replay.apply(this, given);
  };
  try {
    await work();
  } finally {
    WsvadWebGPUBackend.prototype.replay = replay;
  }
  return replays;
}

Deno.test({
  name: "scoreFiles() writes the same bytes with replays, which trainer.capture=off leaves out",
  ignore: !hasAdapter,
  fn: () =>
    withFolder(async (folder) => {
      const [run, features] = ["run", "features"].map((name) => join(folder, name));
      for (const path of [run, features]) Deno.mkdirSync(path);
      await trainInto(run, smallConfig("trainer.max_steps=1"));
      for (let i = 0; i < FILES; i++) {
        const random = new Random(i, "features");
        const values = Float32Array.from({ length: SNIPPETS * DIM }, () => random.uniform());
        Deno.writeFileSync(join(features, `v${i}.npy`), encodeNpy([SNIPPETS, DIM], values));
      }
      const notes: string[] = [];
      const score = (name: string, overrides: string[]) =>
        replaysDuring(async () => {
          const { files } = await scoreFiles({
            checkpoint: run,
            paths: [features],
            overrides,
            configDirs: [],
            out: join(folder, name),
            formats: ["csv", "json", "svg"],
            top: 3,
            overwrite: false,
            device: { device: "webgpu" },
            progress: { ...silent, note: (text) => notes.push(text) },
          });
          assertEquals(files.length, FILES);
        });
      // Two files are scored as always, one is recorded, the fourth is made both ways.
      assertEquals(await score("captured", []), FILES - 3);
      assertEquals(await score("eager", ["trainer.capture=off"]), 0);
      assertEquals(notes.filter((text) => /captured/.test(text)), []);
      const names = [...Deno.readDirSync(join(folder, "captured"))].map(({ name }) => name);
      assertEquals(names.length, 3 * FILES + 2);
      const texts = names.map((name) => {
        const [captured, eager] = ["captured", "eager"].map((out) =>
          Deno.readTextFileSync(join(folder, out, name))
        );
        assertEquals(captured, eager, name);
        return captured;
      });
      assert(new Set(texts).size === texts.length, "videos have scores of their own");
    }),
});
