/** The files that a configuration is made of, laid over each other, and which file each key is from. */

import { fault } from "../fault.ts";
import { type Group, loadGroupFile } from "./groups.ts";
import type { YamlFile } from "./load_yaml.ts";
import { SECTIONS } from "./schema/index.ts";
import { isTree, type Tree } from "./schema_walk.ts";

/** From the root of the configuration: section, key, ... */
export type Path = (string | number)[];

// How features are prepared belongs to the model; where they lie, to the data.
const PREPARATION = ["normalize", "magnitude", "segments", "segments_test", "reduce"];

/** Recipes are laid first, then the files' own keys, so that any file is stronger than any recipe. */
export class Layers {
  // Recipes, and below them a configuration that was resolved before.
  readonly #presets: Tree[] = [];
  readonly #own: Tree[] = [];
  #resolved?: Tree;
  readonly #files: { file: YamlFile; prefix: (path: Path) => Path }[] = [];

  addGroup(group: Group, choice: string, configDirs: readonly string[]): void {
    const { file, name } = loadGroupFile(group, choice, configDirs);
    const { recipe, ...own } = this.#treeOf(file);
    if (group === "runner") own.name ??= name;
    if (this.#resolved !== undefined) this.#replaceSection(this.#resolved, group);
    this.#own.push({ [group]: own });
    if (recipe !== undefined) this.#presets.push(this.#recipeOf(recipe, file, group));
    this.#files.push({
      file,
      prefix: ([section, ...rest]) => section === group ? rest : ["recipe", section, ...rest],
    });
  }

  addResolved(file: YamlFile): void {
    this.#resolved = this.#treeOf(file);
    this.#presets.push(this.#resolved);
    this.#files.push({ file, prefix: (path) => path });
  }

  merged(): Tree {
    const tree: Tree = Object.fromEntries(SECTIONS.map((section) => [section, {}]));
    for (const layer of [...this.#presets, ...this.#own]) merge(tree, structuredClone(layer));
    return tree;
  }

  /** `"configs/runner/mil.yaml", line 3, column 1`, the file that has the key, or should have it. */
  origin(path: Path): string | undefined {
    const places = this.#files.map(({ file, prefix }) => ({ file, path: prefix(path) }));
    const found = places.findLast(({ file, path }) => file.has(path)) ??
      places.findLast(({ file, path }) => path[0] !== "recipe" && file.value !== null);
    if (found === undefined) return undefined;
    const place = found.file.placeOf(found.path);
    return `"${found.file.name}"${place === undefined ? "" : `, ${place}`}`;
  }

  /** A section of a resolved configuration gives way to a chosen file, but for the preparation. */
  #replaceSection(tree: Tree, group: Group): void {
    const section = tree[group];
    if (!isTree(section)) return;
    tree[group] = group !== "data"
      ? {}
      : Object.fromEntries(PREPARATION.filter((key) => key in section).map((k) => [k, section[k]]));
  }

  #treeOf(file: YamlFile): Tree {
    const value = file.value ?? {};
    if (isTree(value)) return { ...value };
    throw fault(
      SyntaxError,
      `Cannot use the settings "${file.name}": expected keys with values, found ${
        Array.isArray(value) ? "a list" : `the text "${value}"`
      }`,
    );
  }

  #recipeOf(recipe: unknown, file: YamlFile, group: Group): Tree {
    const allowed = SECTIONS.filter((section) => section !== group && section !== "runner");
    const wrong = isTree(recipe)
      ? Object.keys(recipe).find((key) =>
        !(allowed as string[]).includes(key) || !isTree(recipe[key])
      )
      : "";
    if (isTree(recipe) && wrong === undefined) return recipe;
    throw fault(
      RangeError,
      `Cannot use the settings "${file.name}", ${
        file.placeOf(["recipe", ...(wrong ? [wrong] : [])])
      }: recipe holds keys of ${allowed.join(", ")}, as in "recipe: { trainer: { seed: 1 } }"`,
    );
  }
}

/** Lays `from` over `onto`: mappings key by key, anything else replaces. */
function merge(onto: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    if (isTree(value) && isTree(onto[key])) merge(onto[key], value);
    else onto[key] = value;
  }
}
