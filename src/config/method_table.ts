/** The table of methods in Markdown, from the recipes in configs/runner. */

import { EMBEDDED } from "./embedded.ts";
import { loadGroupFile } from "./groups.ts";
import { markdownTable } from "./markdown_table.ts";
import { isTree } from "./schema_walk.ts";

/** One row a recipe, in their order. */
function methodTable(): string {
  const rows = Object.keys(EMBEDDED.runner).map((name) => {
    const { value } = loadGroupFile("runner", name, []).file;
    const paper = isTree(value) ? String(value.paper) : "";
    return [`\`${name}\``, paper, `[docs/methods/${name}.md](docs/methods/${name}.md)`];
  });
  return markdownTable([["runner", "paper", "page"], ...rows]);
}

const BLOCK = /(<!-- methods -->\n)(.*?)(<!-- end of methods -->)/gs;

/** A page with the table between its `<!-- methods -->` marks made anew. */
export function withMethods(page: string): string {
  return page.replaceAll(
    BLOCK,
    (_, open: string, _old, close: string) => `${open}\n${methodTable()}\n\n${close}`,
  );
}
