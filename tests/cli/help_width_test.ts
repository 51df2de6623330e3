import { assert, assertEquals } from "@std/assert";
import { wsvadEach } from "./run_wsvad.ts";

Deno.test("help of every command wraps at the columns that COLUMNS asks for", async () => {
  const env = { COLUMNS: "60" };
  const [{ stdout }] = await wsvadEach([["--help"]], undefined, env);
  const commands = [...stdout.matchAll(/^ {2}(\w+) (?:\[|<)/gm)].map(([, name]) => name);
  assert(commands.length > 15, stdout);
  const helps = await wsvadEach(commands.map((name) => [name, "--help"]), undefined, env);
  const wide = [stdout, ...helps.map((help) => help.stdout)].flatMap((text) =>
    text.split("\n").filter((line) => line.length > 60)
  );
  assertEquals(wide, []);
});
