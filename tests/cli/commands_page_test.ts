import { assertEquals, assertStringIncludes } from "@std/assert";
import { withHelp } from "./help_of_page.ts";

Deno.test("docs/commands.md shows the help that each command prints; deno run -A docs/update.ts makes it", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
  assertEquals(await withHelp(page), page);
  for (
    const command of ["demo", "train", "eval", "score", "verify", "doctor", "slots", "config"]
  ) {
    assertStringIncludes(page, `\n## ${command}\n`);
    assertStringIncludes(page, `<!-- help: wsvad ${command} -->`);
  }
});
