/** `wsvad demo video` before its first clip; the whole of it is in tests/full/video_full.ts. */

import { assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { demoVideo } from "../../src/commands/demo_video.ts";
import { silent } from "../../src/progress.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("demoVideo() tells a mistake in the settings before it makes anything, and replaces nothing", () =>
  withFolder(async (folder) => {
    const out = join(folder, "demo");
    const demo = (...overrides: string[]) =>
      demoVideo({ out, overrides, device: { device: "cpu" }, progress: silent });
    await assertRejects(() => demo("trainer.max_steps=abc"), Error, "must be a whole number");
    assertEquals(existsSync(out), false);
    Deno.mkdirSync(out);
    Deno.writeTextFileSync(join(out, "mine.txt"), "");
    await assertRejects(() => demo(), Error, "there is no run in it to continue");
    Deno.mkdirSync(join(out, "run"));
    Deno.writeTextFileSync(join(out, "run", "config.yaml"), "");
    await assertRejects(
      () => demo(),
      Error,
      `add --overwrite to replace the run, or continue it with wsvad train --resume ${
        join(out, "run")
      }`,
    );
  }));

Deno.test({
  name: "demoVideo() without ffmpeg leaves no folder in the way of the next start",
  permissions: { read: true, write: true, env: true, run: false },
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "demo");
      const demo = demoVideo({
        out,
        overrides: [],
        device: { device: "cpu" },
        progress: silent,
      });
      await assertRejects(() => demo, Error, "Cannot make clips: running ffmpeg is not permitted");
      assertEquals(existsSync(out), false);
    }),
});
