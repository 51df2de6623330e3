import { assertEquals, assertStringIncludes } from "@std/assert";
import { createProgram } from "../../src/cli/program.ts";
import { withOutput } from "./shown_output.ts";

const docs = new URL("../../docs/", import.meta.url);

for (const name of ["commands.md", "configuration.md"]) {
  Deno.test(`docs/${name} shows what the tool prints; deno run -A docs/update.ts makes it`, async () => {
    const page = await Deno.readTextFile(new URL(name, docs));
    assertStringIncludes(page, "<!-- output: wsvad ");
    assertEquals(await withOutput(page), page);
  });
}

Deno.test("docs/commands.md has a section for each command, with its help", async () => {
  const page = await Deno.readTextFile(new URL("commands.md", docs));
  for (const command of createProgram(() => {}).commands) {
    const name = command.name();
    assertStringIncludes(page, `\n## ${name}\n`);
    assertStringIncludes(
      page,
      `<!-- output: wsvad ${name} --help -->\n\n\`\`\`text\nUsage: wsvad ${name}`,
    );
  }
});
