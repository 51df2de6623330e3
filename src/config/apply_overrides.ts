/**
 * Applies `key=value` overrides to a complete configuration tree, left to right. Slots are swapped
 * by name and come with their defaults; loss terms are addressed by name or by index.
 * Types are not checked here but by the schema, once all overrides are in place.
 */

import { z } from "zod";
import { fault } from "../fault.ts";
import { didYouMean, nearestPath } from "./nearest.ts";
import type { Override } from "./override_grammar.ts";
import {
  elementIndex,
  isTree,
  schemaAt,
  settingPaths,
  slotEntries,
  slotListElement,
  type Tree,
} from "./schema_walk.ts";

/**
 * Changes the tree in place.
 *
 * @param tree every key of the schema present
 * @throws {RangeError} unknown key or slot, adding what is there, removing what is not
 */
export function applyOverrides(
  schema: z.ZodType,
  tree: Tree,
  overrides: readonly Override[],
): void {
  for (const override of overrides) new Application(schema, tree, override).run();
}

class Application {
  constructor(
    readonly schema: z.ZodType,
    readonly tree: Tree,
    readonly override: Override,
  ) {}

  run(): void {
    const { action, path, value } = this.override;
    if (action === "remove") return this.#remove(path);
    if (action === "set") return this.#set(path, value);
    const exists = this.#exists(path);
    if (action === "add" && exists && !this.#isSlotList(path)) {
      throw this.#refused(`${path.join(".")} is there already; leave out the +`);
    }
    if (exists && action === "force") return this.#set(path, value);
    return this.#add(path, value);
  }

  #set(path: string[], value: unknown): void {
    const swap = this.#swapByName(path, value);
    if (swap !== undefined) [path, value] = swap;
    const { parent, key } = this.#existing(path);
    const schema = schemaAt(this.schema, path, this.tree);
    const current = read(parent, key);
    const entries = slotEntries(schema);
    const element = slotListElement(schema);
    if (entries !== undefined && (typeof value === "string" || isTree(value))) {
      const name = typeof value === "string" ? value : value.name ?? (current as Tree | null)?.name;
      const same = isTree(value) && isTree(current) && current.name === name;
      if (!same) write(parent, key, this.#entry(entries, name, path));
      if (isTree(value)) this.#setAll(path, value);
    } else if (element !== undefined && (typeof value === "string" || Array.isArray(value))) {
      const terms = typeof value === "string" ? [value] : value as unknown[];
      write(parent, key, terms.map((term) => this.#term(element, term, path)));
    } else if (entries !== undefined && (value !== null || Array.isArray(parent))) {
      throw this.#refused(`${path.join(".")} is one of ${[...entries.keys()].join(", ")}`);
    } else if (isTree(value) && (isTree(current) || element !== undefined)) {
      this.#setAll(path, value);
    } else {
      write(parent, key, value);
    }
  }

  /** `runner.encoder.name=x` is `runner.encoder=x`: the settings of one entry are not another's. */
  #swapByName(path: string[], value: unknown): [string[], unknown] | undefined {
    const slot = path.slice(0, -1);
    if (path.at(-1) !== "name" || typeof value !== "string") return undefined;
    const entries = slotEntries(schemaAt(this.schema, slot, this.tree));
    const { parent, key } = entries === undefined ? {} : this.#existing(slot);
    if (parent === undefined || (read(parent, key!) as Tree | null)?.name === value) {
      return undefined;
    }
    return [slot, value];
  }

  #setAll(path: string[], values: Tree): void {
    for (const [key, value] of Object.entries(values)) this.#set([...path, key], value);
  }

  #add(path: string[], value: unknown): void {
    const element = this.#isSlotList(path);
    if (element !== undefined) {
      (this.#lookUp(path) as unknown[]).push(this.#term(element, value, path));
      return;
    }
    // +runner.loss.sparsity.weight=1: the first key that is missing may be a loss term.
    const missing = path.findIndex((_, depth) => !this.#exists(path.slice(0, depth + 1)));
    const home = path.slice(0, missing);
    const list = this.#isSlotList(home);
    if (list !== undefined) {
      (this.#lookUp(home) as unknown[]).push(this.#term(list, path[missing], home));
      if (missing < path.length - 1 || isTree(value)) this.#set(path, value);
      return;
    }
    const parent = this.#lookUp(home);
    if (!isTree(parent) || missing < path.length - 1) throw this.#unknownKey(path);
    parent[path[missing]] = value;
  }

  #remove(path: string[]): void {
    const { parent, key } = this.#existing(path);
    if (Array.isArray(parent)) parent.splice(key as number, 1);
    else delete parent[key];
  }

  #term(element: z.ZodType, term: unknown, path: string[]): unknown {
    const entries = slotEntries(element)!;
    if (typeof term === "string") return this.#entry(entries, term, path);
    if (!isTree(term) || typeof term.name !== "string") {
      throw this.#refused(`a term of ${path.join(".")} is a name or {name: ..., weight: ...}`);
    }
    return { ...this.#entry(entries, term.name, path), ...term };
  }

  /** An entry with its defaults. */
  #entry(entries: Map<string, z.ZodObject>, name: unknown, path: string[]): Tree {
    const names = [...entries.keys()];
    if (name === undefined) {
      throw this.#refused(`${path.join(".")} needs a name (${names.join(", ")})`);
    }
    const entry = typeof name === "string" ? entries.get(name) : undefined;
    if (entry === undefined) {
      throw this.#refused(
        `there is no ${path.at(-1)} "${name}"${didYouMean(String(name), names)} (${
          names.join(", ")
        })`,
      );
    }
    // A copy: zod hands out the default lists themselves.
    return structuredClone(entry.parse({ name })) as Tree;
  }

  #isSlotList(path: string[]): z.ZodType | undefined {
    return slotListElement(schemaAt(this.schema, path, this.tree));
  }

  #exists(path: string[]): boolean {
    return this.#lookUp(path) !== undefined;
  }

  #lookUp(path: string[]): unknown {
    let value: unknown = this.tree;
    for (const key of path) {
      if (Array.isArray(value)) {
        const index = elementIndex(value, key);
        value = index === undefined ? undefined : value[index];
      } else {
        value = isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
      }
    }
    return value;
  }

  #existing(path: string[]): { parent: Tree | unknown[]; key: string | number } {
    if (!this.#exists(path)) throw this.#unknownKey(path);
    const parent = this.#lookUp(path.slice(0, -1)) as Tree | unknown[];
    const last = path.at(-1)!;
    return { parent, key: Array.isArray(parent) ? elementIndex(parent, last)! : last };
  }

  #unknownKey(path: string[]): Error {
    const text = path.join(".");
    const paths = settingPaths(this.schema, this.tree);
    const near = nearestPath(text, paths);
    return this.#refused(
      `${text} is not a setting` +
        (near === undefined ? "; wsvad config prints them all" : `; did you mean ${near}?`),
    );
  }

  #refused(reason: string): Error {
    return fault(RangeError, `Cannot apply "${this.override.text}": ${reason}`);
  }
}

function read(parent: Tree | unknown[], key: string | number): unknown {
  return (parent as Tree)[key];
}

function write(parent: Tree | unknown[], key: string | number, value: unknown): void {
  (parent as Tree)[key] = value;
}
