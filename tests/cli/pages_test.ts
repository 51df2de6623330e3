import { assertEquals, assertStringIncludes } from "@std/assert";
import { withOutput } from "./shown_output.ts";

const docs = new URL("../../docs/", import.meta.url);

for (const name of ["commands.md", "configuration.md"]) {
  Deno.test(`docs/${name} shows what the tool prints; deno run -A docs/update.ts makes it`, async () => {
    const page = await Deno.readTextFile(new URL(name, docs));
    assertStringIncludes(page, "<!-- output: wsvad ");
    assertEquals(await withOutput(page), page);
  });
}

Deno.test("docs/commands.md has a section for each command", async () => {
  const page = await Deno.readTextFile(new URL("commands.md", docs));
  for (
    const command of [
      "demo",
      "train",
      "eval",
      "score",
      "extract",
      "verify",
      "data",
      "doctor",
      "bench",
      "slots",
      "dictionary",
      "watch",
      "report",
      "compare",
      "runs",
      "config",
      "completion",
      "licenses",
      "version",
    ]
  ) {
    assertStringIncludes(page, `\n## ${command}\n`);
    assertStringIncludes(page, `<!-- output: wsvad ${command} --help -->`);
  }
});
