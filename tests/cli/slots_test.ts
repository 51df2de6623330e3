import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { registry } from "../../src/model/registry.ts";
import { dataSetNames } from "../../src/sets/index.ts";
import { wsvad } from "./run_wsvad.ts";

Deno.test("wsvad slots lists every entry in a line", async () => {
  const { code, stdout } = await wsvad(["slots"]);
  assertEquals(code, 0);
  const inRegistry = Object.values(registry).flatMap((entries) => Object.keys(entries));
  const names = [...dataSetNames(), ...inRegistry];
  for (const name of names) assertMatch(stdout, new RegExp(`^  ${name} +\\S`, "m"));
  assert(stdout.trimEnd().split("\n").length <= names.length + 14, stdout);
});

Deno.test("wsvad slots --all lists every entry with what it requires and what fits it", async () => {
  const { code, stdout } = await wsvad(["slots", "--all"]);
  assertEquals(code, 0);
  for (const entries of Object.values(registry)) {
    for (const { name } of Object.values(entries)) {
      assertMatch(stdout, new RegExp(`^  ${name}  `, "m"));
    }
  }
  assertMatch(stdout, /^ {4}requires {2}\w/m);
  assertMatch(stdout, /^ {4}fits {6}\w/m);
});

Deno.test("wsvad slots KIND NAME shows one entry and its settings", async () => {
  const { stdout } = await wsvad(["slots", "loss", "smoothness"]);
  assertMatch(stdout, /^losses\n\n {2}smoothness {2}/);
  assertMatch(stdout, /^ {4}runner\.loss\.smoothness\.weight {2,}0\.00008 {2,}number {2,}\w/m);
  const json = JSON.parse((await wsvad(["slots", "encoder", "--json"])).stdout);
  assertEquals(json.map(({ name }: { name: string }) => name), Object.keys(registry.encoder));
});

Deno.test("wsvad slots refuses an unknown entry with the nearest one", async () => {
  const { code, stderr } = await wsvad(["slots", "loss", "smothness"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'did you mean "smoothness"?');
});

Deno.test(
  "wsvad says in one line that stdout is full",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const command = new Deno.Command("sh", {
      args: ["-c", `"${Deno.execPath()}" run -A "${main}" config --list > /dev/full`],
    });
    const { code, stderr } = await command.output();
    const message = new TextDecoder().decode(stderr);
    assertEquals(code, 1);
    assert(/^Cannot write the result to stdout: No space left.*\n$/.test(message), message);
  },
);
