import { assertEquals, assertStringIncludes } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { markdownTable } from "../../src/config/markdown_table.ts";
import { withRecipes } from "../../src/config/recipe_tables.ts";
import { registry } from "../../src/model/registry.ts";

Deno.test("markdownTable() pads columns to one width", () => {
  const made = markdownTable([["a", "b"], ["long", ""]]);
  assertEquals(made, "| a    | b   |\n| ---- | --- |\n| long |     |");
});

Deno.test("withRecipes() has a row for each recipe, and leaves the rest of a page", () => {
  const page = "A\n<!-- recipes: slots -->\nbygone\n<!-- end of recipes -->\nB\n";
  const made = withRecipes(page, registry);
  const rows = made.split("\n").filter((line) => line.startsWith("| [`"));
  assertEquals(rows.length, Object.keys(EMBEDDED.runner).length);
  assertEquals(made.includes("bygone"), false);
  const rtfm = rows.find((row) => row.startsWith("| [`rtfm`](methods/rtfm.md)"))!;
  assertStringIncludes(rtfm, "1e-4 `magnitude_margin` + 8e-4 `smoothness` + 8e-3 `sparsity`");
});

for (const name of ["REPRODUCTION.md", "WEIGHTS_AND_OPTIMIZATION.md"]) {
  Deno.test(`docs/${name} has the recipes' tables; deno run -A docs/update.ts makes them`, async () => {
    const page = await Deno.readTextFile(new URL(`../../docs/${name}`, import.meta.url));
    assertStringIncludes(page, "<!-- recipes: ");
    assertEquals(withRecipes(page, registry), page);
  });
}
