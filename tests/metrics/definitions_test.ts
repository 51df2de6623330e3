import { assertStringIncludes } from "@std/assert";
import { definitions } from "../../src/metrics/definitions.ts";

Deno.test("definitions stand in docs/evaluation.md as they are in result.json", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/evaluation.md", import.meta.url));
  for (const [name, definition] of Object.entries(definitions)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` `)) ?? "";
    assertStringIncludes(row, definition, name);
  }
});
