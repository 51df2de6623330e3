/** The data set of docs/plugins.md, outside the source tree: what a run on it keeps. */

import { assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { evaluate, train } from "../../mod.ts";
import { resumeTraining } from "../../src/commands/resume_training.ts";
import { describeSlots } from "../../src/commands/describe_slots.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { writeFilesOfPage } from "../support/page_files.ts";

const device = { device: "cpu", blas: "off" } as const;

/** Features [6, 4] of six videos, of which fall_02 has an event from frame 32 to 63. */
async function writeFeatures(root: string): Promise<void> {
  for (
    const [split, ids] of [
      ["train", ["normal_01", "normal_02", "fall_01", "fire_01"]],
      ["test", ["normal_03", "fall_02"]],
    ] as const
  ) {
    await Deno.mkdir(join(root, split), { recursive: true });
    for (const [i, id] of ids.entries()) {
      const data = Float32Array.from({ length: 6 * 4 }, (_, k) => Math.sin(k + 7 * i));
      await Deno.writeFile(join(root, split, `${id}.npy`), encodeNpy([6, 4], data));
    }
  }
  await Deno.writeTextFile(join(root, "events.csv"), "fall_02,32,64\n");
}

Deno.test("a run on a plugin's data set keeps its file; evaluation and resume load it, or name it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "wsvad plugins " });
  try {
    await writeFilesOfPage("plugins.md", folder);
    const root = join(folder, "features"), run = join(folder, "run");
    const plugin = join(folder, "mine", "warehouse.ts"), configDirs = [join(folder, "mine")];
    await writeFeatures(root);
    const small = ["data.segments=4", "data.batch_size=1", "trainer.max_steps=2"];
    const settings = ["data=warehouse", `data.root=${root}`, ...small];
    const request = { runner: "mil", settings, configDirs, out: run, device };
    await train(request);
    const config = Deno.readTextFileSync(join(run, "config.yaml"));
    assertStringIncludes(config.replace(/\s+/g, ""), "mine/warehouse.ts#sha256=");
    assertStringIncludes(config, "classes: warehouse");
    assertEquals(config.match(/plugins:/g)?.length, 1);
    const set = describeSlots().find(({ name }) => name === "warehouse");
    assertEquals([set?.kind, ...set!.provides], ["data_set", "classes Normal, Fall, Fire"]);

    const { evaluation } = await evaluate(run, { device });
    assertEquals(evaluation.alignment.frames, 2 * 6 * 16);
    // An alarm on every frame is right on those of the one event.
    const { x, y } = evaluation.pr;
    assertAlmostEquals(y[x[0] > x.at(-1)! ? 0 : x.length - 1], 32 / 192);
    const resume = () => resumeTraining(run, { device, progress: silent });
    await resume();

    await Deno.writeTextFile(join(root, "events.csv"), "fall_02;32;64\n");
    const unread = await assertRejects(() => evaluate(run, { device }), SyntaxError);
    assertStringIncludes(unread.message, 'events.csv", line 1: fall_02;32;64');

    const moved = join(folder, "moved.ts");
    await Deno.rename(plugin, moved);
    const gone = `Cannot load the plugin "${plugin}"`;
    assertStringIncludes((await assertRejects(resume, Error)).message, gone);
    await assertRejects(() => evaluate(run, { device }), Error, "no such file; put it back");
    await Deno.writeTextFile(join(root, "events.csv"), "fall_02,32,64\n");
    const again = await evaluate(run, { device, plugins: [moved] });
    assertEquals(again.evaluation, evaluation);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
