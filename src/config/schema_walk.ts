/** Reading a zod schema along a tree of values: which keys it has, and where a slot stands. */

import { z } from "zod";

export type Tree = Record<string, unknown>;

/** Whether the value is a plain mapping. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema without default, nullable and optional around it. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodNullable || inner instanceof z.ZodOptional
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

/** The entries of a slot (a union told apart by `name`), or undefined where none stands. */
export function slotEntries(schema: z.ZodType | undefined): Map<string, z.ZodObject> | undefined {
  const union = schema && unwrap(schema);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return undefined;
  const entries = new Map<string, z.ZodObject>();
  for (const option of union.options as z.ZodObject[]) {
    entries.set((option.shape.name as z.ZodLiteral<string>).value, option);
  }
  return entries;
}

/** The schema of the elements where a list of slots stands: the loss terms. */
export function slotListElement(schema: z.ZodType | undefined): z.ZodType | undefined {
  const list = schema && unwrap(schema);
  if (!(list instanceof z.ZodArray)) return undefined;
  const element = list.element as z.ZodType;
  return slotEntries(element) === undefined ? undefined : element;
}

/** The schemas of the keys of an object, or of the slot entry that the value names. */
export function shapeOf(
  schema: z.ZodType | undefined,
  value: unknown,
): Record<string, z.ZodType> | undefined {
  if (schema === undefined) return undefined;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape as Record<string, z.ZodType>;
  const name = isTree(value) ? value.name : undefined;
  const entry = typeof name === "string" ? slotEntries(inner)?.get(name) : undefined;
  return entry?.shape as Record<string, z.ZodType> | undefined;
}

/**
 * Index of a list's element by number or by the `name` of the element; undefined where there is
 * none.
 */
export function elementIndex(list: readonly unknown[], key: string | number): number | undefined {
  const index = typeof key === "number" || /^\d+$/.test(key)
    ? Number(key)
    : list.findIndex((element) => isTree(element) && element.name === key);
  return index >= 0 && index < list.length ? index : undefined;
}

/** The schema at a path; elements of lists are named by index or by their `name`. */
export function schemaAt(
  root: z.ZodType,
  path: readonly (string | number)[],
  tree: unknown,
): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  let value = tree;
  for (const key of path) {
    if (schema === undefined) return undefined;
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray) {
      const index: number | undefined = Array.isArray(value) ? elementIndex(value, key) : undefined;
      value = index === undefined ? undefined : (value as unknown[])[index];
      schema = inner.element as z.ZodType;
    } else {
      const shape = shapeOf(inner, value);
      schema = shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined;
      value = isTree(value) ? value[key] : undefined;
    }
  }
  return schema;
}

/** Every dotted path that can be set in the tree, elements of lists by their name. */
export function settingPaths(schema: z.ZodType, value: unknown, prefix = ""): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((element, index) => {
      const key = isTree(element) && typeof element.name === "string" ? element.name : index;
      const path = `${prefix}.${key}`;
      return isTree(element)
        ? [path, ...settingPaths(inner.element as z.ZodType, element, path)]
        : [];
    });
  }
  return Object.entries(shapeOf(inner, value) ?? {}).flatMap(([key, part]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...settingPaths(part, isTree(value) ? value[key] : undefined, path)];
  });
}

/** Writes out slots given by name alone: `encoder: mtn` is `encoder: { name: mtn }`; in place. */
export function spellOutSlots(schema: z.ZodType, tree: Tree): void {
  for (const [key, part] of Object.entries(shapeOf(schema, tree) ?? {})) {
    const value = tree[key];
    if (slotEntries(part) !== undefined && typeof value === "string") tree[key] = { name: value };
    if (slotListElement(part) !== undefined) {
      const list = typeof value === "string" ? [value] : value;
      if (!Array.isArray(list)) continue;
      tree[key] = list.map((term) => typeof term === "string" ? { name: term } : term);
    }
    if (isTree(tree[key])) spellOutSlots(part, tree[key]);
  }
}
