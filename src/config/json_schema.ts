/** JSON schema for editors: of the whole configuration, or of one group's files. */

import { z } from "zod";
import { officialSchema } from "./official_features.ts";
import { configSchema, type Section, SECTIONS, type SlotCatalog } from "./schema/index.ts";

/** The part of JSON schema that zod writes and that we read. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  [key: string]: unknown;
}

/**
 * The JSON schema of a whole configuration, or of a file of one group, where slots may be given by
 * name alone and a `recipe` may stand, in a runner's also `presets` and `official`.
 */
export function jsonSchema(catalog: SlotCatalog, section?: Section): JsonSchema {
  const whole = wholeSchema(catalog);
  if (section === undefined) return whole;
  const file = { $schema: whole.$schema, ...whole.properties![section] };
  const others = SECTIONS.filter((other) => other !== section && other !== "runner");
  return {
    ...file,
    title: `wsvad ${section} settings`,
    properties: {
      ...Object.fromEntries(
        Object.entries(file.properties ?? {}).map(([key, part]) => [key, withNames(part)]),
      ),
      recipe: {
        type: "object",
        description: "Settings of other sections that come with this file; weaker than any file",
        properties: Object.fromEntries(others.map((key) => [key, whole.properties![key]])),
        additionalProperties: false,
      },
      ...(section === "runner"
        ? { presets: presetsSchema(whole), official: z.toJSONSchema(officialSchema) as JsonSchema }
        : {}),
    },
    // The name of a runner is by default that of its file.
    required: file.required?.filter((key) => key !== "name"),
  };
}

/**
 * A part of the configuration for each name of a trainer file; how much of a section is left to
 * say.
 */
function presetsSchema(whole: JsonSchema): JsonSchema {
  return {
    type: "object",
    description: "What this method changes where trainer=NAME is chosen, by that name",
    additionalProperties: {
      type: "object",
      properties: Object.fromEntries(
        SECTIONS.map((key) => {
          const { required: _, ...part } = whole.properties![key];
          return [key, part];
        }),
      ),
      additionalProperties: false,
    },
  };
}

/** The schema of the whole configuration as zod writes it. */
export function wholeSchema(catalog: SlotCatalog): JsonSchema {
  return z.toJSONSchema(configSchema(catalog), { io: "input" }) as JsonSchema;
}

/** The entries of a slot, where the schema is that of a slot or of a list of slots. */
export function slotOptions(schema: JsonSchema): JsonSchema[] | undefined {
  const union = schema.items ?? schema;
  const options = union.oneOf ??
    union.anyOf?.flatMap((option) => option.oneOf ?? (option.type === "null" ? [] : [option]));
  const isEntry = (option: JsonSchema) => typeof option.properties?.name?.const === "string";
  return options !== undefined && options.length > 0 && options.every(isEntry)
    ? options
    : undefined;
}

function withNames(schema: JsonSchema): JsonSchema {
  const options = slotOptions(schema);
  if (options === undefined) return schema;
  const names = { type: "string", enum: options.map((option) => option.properties!.name.const) };
  if (schema.items !== undefined) {
    return { ...schema, items: { anyOf: [names, schema.items] } };
  }
  const { oneOf, anyOf, description, default: preset } = schema;
  return { description, default: preset, anyOf: [names, ...(anyOf ?? [{ oneOf }])] };
}
