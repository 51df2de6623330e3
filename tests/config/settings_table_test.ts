import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { jsonSchema, wholeSchema } from "../../src/config/json_schema.ts";
import { configSchema, SECTIONS } from "../../src/config/schema/index.ts";
import { unwrap } from "../../src/config/schema_walk.ts";
import { entrySettings, settingsTable, withSettings } from "../../src/config/settings_table.ts";
import { registry } from "../../src/model/registry.ts";
import { catalog } from "./fake_catalog.ts";

Deno.test("settingsTable() has a row a setting: values, default and meaning", () => {
  const lines = settingsTable("eval", catalog).split("\n");
  assertEquals(lines[0], "| setting | values | default | meaning |");
  assert(
    lines.includes(
      "| `eval.frames_per_snippet` | whole number >= 1 | `16` | Frames of the video behind each snippet of its features: of the scores, the ground truth and the time codes |",
    ),
    lines.join("\n"),
  );
  assertStringIncludes(lines.join("\n"), "| `eval.align` | `cut`, `extend`, `strict` | `cut` |");
});

Deno.test("settingsTable() of the runner lists every slot entry with its settings and source", () => {
  const table = settingsTable("runner", catalog);
  assertStringIncludes(table, "| `runner.encoder` | `crop_mean`, `pyramid` | required |");
  assertStringIncludes(table, "| `runner.loss` | list of `ranking`, `smoothness`, `sparsity` |");
  assertStringIncludes(table, "| `runner.branch` | `text` | `null` |");
  assertStringIncludes(
    table,
    "| `runner.optimizer` | `adam`, `adamw`, `sgd`, `adagrad`, `stable_adamw` | `adam` |",
  );
  assertStringIncludes(table, "| `runner.features.dim` | whole number >= 1 or `null` | `null` |");
  assertStringIncludes(
    table,
    "#### head `topk`\n\nthe topk entry. Source: made for tests.\n\n| setting",
  );
  assertStringIncludes(table, "| `runner.head.dropout` | number >= 0, < 1 | `0.6` |");
  assertStringIncludes(table, "| `runner.loss.smoothness.weight` | number | `0.00008` |");
  assertStringIncludes(table, "| `runner.optimizer.betas` | list of 2 numbers >= 0, < 1 |");
  assertStringIncludes(
    table,
    "#### encoder `crop_mean`\n\nthe crop_mean entry. Source: made for tests.\n\nNo settings.",
  );
});

Deno.test("entrySettings() gives the settings of one entry under the keys to type", () => {
  assertEquals(entrySettings("head", "topk", catalog)[0], {
    key: "runner.head.k",
    values: "whole number >= 1",
    preset: "`3`",
    meaning: "snippets",
  });
  assertEquals(
    entrySettings("loss", "smoothness", catalog).map(({ key }) => key),
    ["runner.loss.smoothness.weight", "runner.loss.smoothness.over"],
  );
});

Deno.test("withSettings() makes the tables of a page anew and leaves the rest", () => {
  const page = "# A\n<!-- settings: eval -->\nbygone\n<!-- end of settings -->\ntext\n";
  const made = withSettings(page, catalog);
  assertMatch(made, /^# A\n<!-- settings: eval -->\n\n\| setting/);
  assertMatch(made, /<!-- end of settings -->\ntext\n$/);
  assert(!made.includes("bygone"));
  assertEquals(withSettings(made, catalog), made);
});

Deno.test("the page docs/configuration.md has the tables that the schemas give; deno run -A docs/update.ts makes them", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  assertEquals(withSettings(page, registry), page);
  for (const section of SECTIONS) assertStringIncludes(page, `<!-- settings: ${section} -->`);
});

Deno.test("every setting has a description, and a default unless it must be chosen", () => {
  const required: string[] = [];
  const visit = (schema: z.ZodType, path: string, isRequired: boolean) => {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) {
      for (const [key, part] of Object.entries(inner.shape) as [string, z.ZodType][]) {
        visit(part, path === "" ? key : `${path}.${key}`, !part.safeParse(undefined).success);
      }
      return;
    }
    if (isRequired) required.push(path);
    assert(schema.description ?? inner.description, `${path} has no description`);
  };
  visit(configSchema(registry), "", true);
  assertEquals(required, ["runner.name", "runner.encoder", "runner.head", "runner.loss"]);
});

Deno.test("every setting of every slot entry has a description and a default", () => {
  for (const [kind, entries] of Object.entries(registry)) {
    for (const { name, config } of Object.values(entries)) {
      for (
        const [key, part] of Object.entries((config as z.ZodObject).shape) as [string, z.ZodType][]
      ) {
        assert(part.description ?? unwrap(part).description, `${kind} ${name}: ${key}`);
        assert(part.safeParse(undefined).success, `${kind} ${name}: ${key} has no default`);
      }
    }
  }
});

Deno.test("jsonSchema() refuses unknown keys and knows slots", () => {
  const whole = jsonSchema(catalog);
  assertEquals(Object.keys(whole.properties!), ["data", "runner", "trainer", "eval"]);
  assertEquals(whole.properties!.trainer.additionalProperties, false);
  const heads = wholeSchema(catalog).properties!.runner.properties!.head.oneOf!;
  assertEquals(heads.map((head) => head.properties!.name.const), ["mlp", "topk"]);
});

Deno.test("jsonSchema() of a group is that of its files: slots by name alone, a recipe, no name needed", () => {
  const file = jsonSchema(catalog, "runner");
  assertEquals(file.required, ["encoder", "head", "loss"]);
  assertEquals(file.properties!.encoder.anyOf![0].enum, ["crop_mean", "pyramid"]);
  assertEquals(Object.keys(file.properties!.recipe.properties!), ["data", "trainer", "eval"]);
  assertEquals(jsonSchema(catalog, "trainer").required, undefined);
});
