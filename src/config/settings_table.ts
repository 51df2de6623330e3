/** Tables of all settings in Markdown, from the schemas: for docs and `wsvad config --settings`. */

import { z } from "zod";
import { type JsonSchema, slotOptions, wholeSchema } from "./json_schema.ts";
import type { Section, SlotCatalog } from "./schema/index.ts";

/** The table of a section; for the runner also one table for each slot entry. */
export function settingsTable(section: Section, catalog: SlotCatalog): string {
  const schema = wholeSchema(catalog).properties![section];
  const parts = [table(rows(schema, section))];
  for (const [key, part] of Object.entries(schema.properties ?? {})) {
    const options = slotOptions(part);
    if (options === undefined) continue;
    const path = part.items === undefined ? `${section}.${key}` : `${section}.${key}.<name>`;
    for (const option of options) parts.push(entryTable(key, path, option, catalog));
  }
  return parts.join("\n");
}

/** The settings of one slot entry, under the keys to type. */
export function entrySettings(
  kind: keyof SlotCatalog,
  name: string,
  catalog: SlotCatalog,
): SettingRow[] {
  const part = wholeSchema(catalog).properties!.runner.properties![kind];
  const option = slotOptions(part)?.find((each) => each.properties!.name.const === name);
  if (option === undefined) throw new Error(`no ${kind} "${name}" in the catalog`);
  return entryRows(option, kind === "loss" ? `runner.loss.${name}` : `runner.${kind}`);
}

/** The settings of a backbone, which is chosen where features are made, not in a runner. */
export function backboneSettings(config: z.ZodType): SettingRow[] {
  return rows(z.toJSONSchema(config, { io: "input" }) as JsonSchema, "backbone");
}

/** A row of a table; values and preset are Markdown. */
export interface SettingRow {
  key: string;
  values: string;
  preset: string;
  meaning: string;
}

function entryTable(kind: string, path: string, option: JsonSchema, catalog: SlotCatalog): string {
  const name = String(option.properties!.name.const);
  const source = (catalog as unknown as Record<string, Record<string, { source: string }>>)[kind]
    ?.[name]?.source;
  const found = entryRows(option, path.replace("<name>", name));
  const about = [option.description, source === undefined ? undefined : `Source: ${source}`];
  const text = about.filter((part) => part !== undefined && part !== "").join(". ");
  return `#### ${kind} \`${name}\`\n\n${text}.\n\n` +
    (found.length === 0 ? "No settings.\n" : table(found));
}

function entryRows(option: JsonSchema, path: string): SettingRow[] {
  const { name: _, ...settings } = option.properties!;
  return rows({ ...option, properties: settings }, path);
}

function rows(schema: JsonSchema, prefix: string): SettingRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, part]) => {
    const path = `${prefix}.${key}`;
    if (part.properties !== undefined) return rows(part, path);
    const options = slotOptions(part);
    const required = schema.required?.includes(key) ?? false;
    return [{
      key: path,
      values: options === undefined ? values(part) : slotValues(part, options),
      preset: required ? "required" : presetText(part.default),
      meaning: part.description ?? "",
    }];
  });
}

function slotValues(part: JsonSchema, options: JsonSchema[]): string {
  const names = options.map((option) => `\`${option.properties!.name.const}\``).join(", ");
  return part.items === undefined ? names : `list of ${names}`;
}

function presetText(value: unknown): string {
  if (value === undefined) return "left out";
  const isSlot = typeof value === "object" && value !== null && "name" in value;
  return `\`${
    isSlot ? value.name : typeof value === "string" ? value || '""' : JSON.stringify(value)
  }\``;
}

const NULL_FIRST = (schema: JsonSchema) => schema.type === "null" ? 1 : 0;

function values(schema: JsonSchema, plural = ""): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) {
    return [...either].sort((a, b) => NULL_FIRST(a) - NULL_FIRST(b)).map((each) => values(each))
      .join(" or ");
  }
  if (Array.isArray(schema.type)) {
    return schema.type.map((type: string) => values({ ...schema, type })).join(" or ");
  }
  switch (schema.type) {
    case "integer":
      return `whole number${plural}${bounds(schema)}`;
    case "number":
      return `number${plural}${bounds(schema)}`;
    case "boolean":
      return "`true`, `false`";
    case "string":
      return "text";
    case "null":
      return "`null`";
    case "array":
      return schema.prefixItems === undefined
        ? `list of ${values(schema.items ?? {}, "s")}`
        : `list of ${schema.prefixItems.length} ${values(schema.prefixItems[0], "s")}`;
    default:
      return schema.type ?? "any";
  }
}

// zod writes the safe integers as bounds of every whole number; they say nothing to a reader.
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const parts = [];
  const said = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (said(exclusiveMinimum)) parts.push(`> ${exclusiveMinimum}`);
  if (said(minimum)) parts.push(`>= ${minimum}`);
  if (said(exclusiveMaximum)) parts.push(`< ${exclusiveMaximum}`);
  if (said(maximum)) parts.push(`<= ${maximum}`);
  return parts.length === 0 ? "" : ` ${parts.join(", ")}`;
}

function table(found: SettingRow[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const lines = found.map(({ key, values, preset, meaning }) =>
    `| \`${key}\` | ${cell(values)} | ${cell(preset)} | ${cell(meaning)} |`
  );
  return ["| setting | values | default | meaning |", "| --- | --- | --- | --- |", ...lines, ""]
    .join("\n");
}

const BLOCK = /(<!-- settings: (\w+)[^>]*-->\n)(.*?)(<!-- end of settings -->)/gs;

/** A page of docs with the tables between its `<!-- settings: trainer -->` marks made anew. */
export function withSettings(page: string, catalog: SlotCatalog): string {
  return page.replaceAll(
    BLOCK,
    (_, open: string, section: Section, _old, close: string) =>
      `${open}\n${settingsTable(section, catalog)}\n${close}`,
  );
}
