/**
 * Writes the generated parts of the pages anew: the tables of settings and methods, the figures of
 * each method and backbone, and what commands print.
 *
 *     deno run -A docs/update.ts
 */

import { EMBEDDED } from "../src/config/embedded.ts";
import { withMethods } from "../src/config/method_table.ts";
import { withRecipes } from "../src/config/recipe_tables.ts";
import { withSettings } from "../src/config/settings_table.ts";
import { registry } from "../src/model/registry.ts";
import { withPermissions } from "../tasks/executable/permissions.ts";
import { withOutput } from "../tests/cli/shown_output.ts";
import { withBackboneSeconds, withFigures } from "./shown_figures.ts";

async function update(name: string, change: (page: string) => string | Promise<string>) {
  const path = new URL(name, import.meta.url);
  await Deno.writeTextFile(path, await change(await Deno.readTextFile(path)));
}

await update("../README.md", withMethods);
await update("configuration.md", (page) => withOutput(withSettings(page, registry)));
await update("commands.md", withOutput);
await update("executable.md", withPermissions);
await update("REPRODUCTION.md", (page) => withRecipes(page, registry));
await update("WEIGHTS_AND_OPTIMIZATION.md", (page) => withRecipes(page, registry));

const performance = await Deno.readTextFile(new URL("performance.md", import.meta.url));
for (const method of Object.keys(EMBEDDED.runner)) {
  await update(`methods/${method}.md`, (page) => withFigures(page, method, performance));
}
await update("FEATURE_EXTRACTORS.md", (page) => withBackboneSeconds(page, performance));
