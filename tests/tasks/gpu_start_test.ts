import { assertEquals } from "@std/assert";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test({
  name: "gpu_all.sh of a packed folder runs the Deno beside it, without a HOME",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const start = new URL("../../tasks/gpu_all/start.sh", import.meta.url);
      Deno.mkdirSync(`${folder}/a b`);
      Deno.copyFileSync(start, `${folder}/a b/gpu_all.sh`);
      Deno.writeTextFileSync(`${folder}/a b/deno`, '#!/bin/sh\necho "$DENO_DIR"; echo "$@"\n');
      const { stdout } = await new Deno.Command("sh", {
        args: ["a b/gpu_all.sh", "check", "--out", "c d"],
        ...{ cwd: folder, clearEnv: true, env: { PATH: Deno.env.get("PATH") ?? "" } },
      }).output();
      const [cache, words] = new TextDecoder().decode(stdout).split("\n");
      const real = Deno.realPathSync(folder);
      assertEquals(cache, `${real}/a b/cache`);
      const flags = "run -A --no-config --no-lock --no-remote --no-npm";
      const program = `${real}/a b/program/bundle/tasks/gpu_all.js`;
      assertEquals(words, `${flags} ${program} check --out c d`);
    }),
});
