/** What a developer's task says of words that it does not know. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

const repository = new URL("../../", import.meta.url);

async function said(script: string, ...args: string[]): Promise<[code: number, stderr: string]> {
  const path = fileURLToPath(new URL(script, repository));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", path, ...args],
  }).output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test("tasks answer options and numbers that they do not know with a line of their usage", async () => {
  const cases: [script: string, words: string[]][] = [
    ["tasks/time_long.ts", ["rtfm", "--flaot16"]],
    ["tasks/gpu_memory.ts", ["mil", "--score=abc"]],
    ["tasks/gpu_memory.ts", ["mil:many"]],
    ["tests/fuzz/run.ts", ["--minutes", "long"]],
  ];
  const answers = await Promise.all(cases.map(([script, words]) => said(script, ...words)));
  for (const [i, [code, stderr]] of answers.entries()) {
    assertEquals([code, stderr.split("\n").length], [1, 2], stderr);
    assertStringIncludes(stderr, "usage: deno task ", cases[i].join());
  }
});

Deno.test("every task that has options reads them so", () => {
  const scripts = [...Deno.readDirSync(new URL("tasks/", repository))].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && name !== "task_words.ts");
  const own = scripts.filter((name) => {
    return Deno.readTextFileSync(new URL(`tasks/${name}`, repository)).includes("parseArgs(");
  });
  assertEquals(own, []);
});
