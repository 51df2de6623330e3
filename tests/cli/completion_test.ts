import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { wsvad } from "./run_wsvad.ts";

async function script(shell: string): Promise<string> {
  const { code, stdout } = await wsvad(["completion", shell]);
  assertEquals(code, 0);
  return stdout;
}

/** Whether the shell is there. */
function has(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "exit"] }).outputSync().success;
  } catch {
    return false;
  }
}

async function output(shell: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(shell, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "wsvad completion bash completes commands, options, methods, settings and choices",
  ignore: !has("bash"),
  async fn() {
    const text = await script("bash");
    const cases: [line: string, words: string[]][] = [
      ["wsvad tr", ["train"]],
      ["wsvad train --over", ["--overwrite"]],
      ["wsvad train --runner clip", ["clip_tsa"]],
      ["wsvad eval run --device web", ["webgpu"]],
      ["wsvad slots enc", ["encoder"]],
      ["wsvad completion fi", ["fish"]],
      // What stands before = is there already.
      ["wsvad train data = ucf_crime_c3", ["ucf_crime_c3d"]],
    ];
    for (const [line, expected] of cases) {
      const words = line.split(" ").map((word) => `'${word}'`).join(" ");
      const typed = line.replaceAll(" = ", "=");
      const run = `${text}\nCOMP_WORDS=(${words}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))\n` +
        `COMP_LINE='${typed}'; COMP_POINT=\${#COMP_LINE}; _wsvad; printf '%s\\n' "\${COMPREPLY[@]}"`;
      assertEquals((await output("bash", ["-c", run])).trim().split("\n"), expected, line);
    }
  },
});

for (const [shell, flag] of [["zsh", "-n"], ["fish", "--no-execute"]]) {
  Deno.test({
    name: `wsvad completion ${shell} is a script that ${shell} reads`,
    ignore: !has(shell),
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const path = join(folder, "_wsvad");
        await Deno.writeTextFile(path, await script(shell));
        assertEquals(await output(shell, [flag, path]), "");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
