/** Runs with the loss of docs/plugins.md: what they keep, and what is said where it is gone. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { evaluate, train } from "../../mod.ts";
import { resumeTraining } from "../../src/commands/resume_training.ts";
import { silent } from "../../src/progress.ts";
import { writeFilesOfPage } from "../support/page_files.ts";

const device = { device: "cpu", blas: "off" } as const;
const settings = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
  ...["trainer.max_steps=2", "+runner.loss.top_gap.k=2"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
];

Deno.test("a run keeps its plugin's path and hash; evaluation and resume name a file that is gone or changed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "wsvad plugins " });
  try {
    await writeFilesOfPage("plugins.md", folder);
    const plugin = join(folder, "top_gap.ts"), run = join(folder, "run");
    await train({ runner: "mil", settings, plugins: [plugin], out: run, device });
    assertStringIncludes(Deno.readTextFileSync(join(run, "log.jsonl")), '"top_gap":');
    const config = Deno.readTextFileSync(join(run, "config.yaml"));
    assertStringIncludes(config.replace(/\s+/g, ""), "top_gap.ts#sha256=");
    const { evaluation } = await evaluate(run, { device });
    const resume = () => resumeTraining(run, { device, progress: silent });
    await resume();

    const moved = join(folder, "moved.ts");
    await Deno.rename(plugin, moved);
    const gone = `Cannot load the plugin "${plugin}"`;
    assertStringIncludes(
      (await assertRejects(() => evaluate(run, { device }), Error)).message,
      gone,
    );
    assertStringIncludes((await assertRejects(resume, Error)).message, gone);
    assertEquals((await evaluate(run, { device, plugins: [moved] })).evaluation, evaluation);

    await Deno.writeTextFile(plugin, `${Deno.readTextFileSync(moved)}// changed\n`);
    await assertRejects(() => evaluate(run, { device }), RangeError, "it was changed since");
    await assertRejects(resume, RangeError, "it was changed since");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
