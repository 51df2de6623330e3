/**
 * A real limit on the size of files: what a full disk looks like to the tool, without an injected
 * layer.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, wsvad } from "./run_wsvad.ts";
import { underSizeLimit } from "../support/size_limit.ts";
import { withFolder } from "../support/temporary_folder.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Checkpoints of mil are 8.6 MB, its best weights 4.3 MB: between them lies the limit of 6 MB. */
const LIMIT_KILOBYTES = 6000;
const SETTINGS = [
  ...["--runner", "mil", "--device", "cpu", "data.crops=1", "data.batch_size=4"],
  ...["data.synthetic.videos_train=4", "data.synthetic.videos_test=1", "trainer.max_steps=2"],
];

function limited(folder: string, args: string[]): Promise<Outcome> {
  const run = ["run", "-A", "--no-code-cache", "--cached-only", main, ...args];
  return underSizeLimit(folder, LIMIT_KILOBYTES, run);
}

const ignore = Deno.build.os === "windows";
const message = "the file would be larger than the system allows; raise `ulimit -f`";

Deno.test({
  name: "wsvad train says that its first checkpoint is too large a file, and leaves nothing",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const run = join(folder, "new", "run");
      const { code, stdout, stderr } = await limited(folder, ["train", ...SETTINGS, "--out", run]);
      assertStringIncludes(stderr, `Cannot write "${run}/last.safetensors": ${message}`);
      assertEquals([code, stdout, stderr.trimEnd().split("\n").length], [1, "", 2], stderr);
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["deno"]);
    }),
});

Deno.test({
  name: "wsvad train keeps the checkpoint that it has when the next one is too large a file",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const run = join(folder, "run");
      const { code, stderr } = await wsvad(["train", ...SETTINGS, "--out", run]);
      assertEquals(code, 0, stderr);
      const config = join(run, "config.yaml");
      const longer = Deno.readTextFileSync(config).replace("max_steps: 2", "max_steps: 4");
      Deno.writeTextFileSync(config, longer);
      const before = Deno.readFileSync(join(run, "last.safetensors")).toBase64();
      const outcome = await limited(folder, ["train", "--resume", run, "--device", "cpu"]);
      assertEquals(outcome.code, 1, outcome.stderr);
      const last = outcome.stderr.trimEnd().split("\n").at(-1)!;
      assertStringIncludes(last, message);
      assert(last.endsWith(`continue with wsvad train --resume ${run}`), last);
      assertEquals(Deno.readFileSync(join(run, "last.safetensors")).toBase64() === before, true);
      const names = [...Deno.readDirSync(run)].map(({ name }) => name);
      assertEquals(names.filter((name) => name.endsWith(".partial")), []);
    }),
});
