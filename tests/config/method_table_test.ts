import { assertEquals, assertStringIncludes } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { withMethods } from "../../src/config/method_table.ts";

Deno.test("withMethods() makes the table of a page anew and leaves the rest", () => {
  const page = "# A\n<!-- methods -->\nbygone\n<!-- end of methods -->\ntext\n";
  const made = withMethods(page);
  assertStringIncludes(made, "| `rtfm`");
  assertStringIncludes(made, "| Tian et al., ICCV 2021, arXiv 2101.10030 ");
  assertEquals(made.includes("bygone"), false);
  assertEquals(made.split("\n").filter((line) => line.startsWith("| `")).length, methods.length);
});

const methods = Object.keys(EMBEDDED.runner);

Deno.test("the README has every method, and each its page; deno run -A docs/update.ts makes the table", async () => {
  const page = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  assertEquals(withMethods(page), page);
  for (const name of methods) {
    assertStringIncludes(page, `(docs/methods/${name}.md)`);
    await Deno.stat(new URL(`../../docs/methods/${name}.md`, import.meta.url));
  }
});
