/**
 * The files that a configuration is made of, laid over each other, and which file each key is from.
 */

import { fault } from "../fault.ts";
import { type Group, loadGroupFile } from "./groups.ts";
import type { YamlFile } from "./load_yaml.ts";
import { SECTIONS } from "./schema/index.ts";
import { isTree, type Tree } from "./schema_walk.ts";

/** From the root of the configuration: section, key, ... */
export type Path = (string | number)[];

// How features are prepared belongs to the model; where they lie, to the data.
const PREPARATION = ["normalize", "magnitude", "segments", "segments_test", "reduce", "pad"];

/** The sections of which a preset of the runner knows more than the chosen files. */
const OF_PRESET = ["runner", "trainer"];

/**
 * Recipes are laid first, then the files' own keys, so that any file is stronger than any recipe. A
 * runner's file may also say under `presets.NAME` what it changes where `trainer=NAME` is chosen,
 * since one short training does not suit every learning rate. Its keys for runner and trainer are
 * stronger than those files, the others are as weak as a recipe.
 */
export class Layers {
  // Recipes, and below them a configuration that was resolved before.
  readonly #recipes: Tree[] = [];
  readonly #own: Tree[] = [];
  #resolved?: Tree;
  #runner?: { file: YamlFile; presets: unknown };
  #trainer?: string;
  readonly #files: { file: YamlFile; prefix: (path: Path) => Path }[] = [];

  addGroup(group: Group, choice: string, configDirs: readonly string[]): void {
    const { file, name } = loadGroupFile(group, choice, configDirs);
    const { recipe, ...own } = this.#treeOf(file);
    if (group === "runner") {
      own.name ??= name;
      this.#runner = { file, presets: own.presets };
      delete own.presets;
      delete own.official; // a fact for benches, not a setting: officialFeatures() reads it
    }
    if (group === "data") {
      delete own.plugins; // loaded before, and kept as runner.plugins
      // A file for anybody's data says null: it names none.
      if (!Object.hasOwn(own, "name")) own.name = name;
    }
    if (group === "trainer") this.#trainer = name;
    if (this.#resolved !== undefined) this.#replaceSection(this.#resolved, group);
    this.#own.push({ [group]: own });
    if (recipe !== undefined) this.#recipes.push(this.#recipeOf(recipe, file, group));
    this.#files.push({
      file,
      prefix: ([section, ...rest]) => section === group ? rest : ["recipe", section, ...rest],
    });
  }

  addResolved(file: YamlFile): void {
    this.#resolved = this.#treeOf(file);
    this.#recipes.push(this.#resolved);
    this.#files.push({ file, prefix: (path) => path });
  }

  merged(): Tree {
    const tree: Tree = Object.fromEntries(SECTIONS.map((section) => [section, {}]));
    const preset = Object.entries(this.#runnerPreset());
    const part = (strong: boolean) =>
      Object.fromEntries(preset.filter(([section]) => OF_PRESET.includes(section) === strong));
    const layers = [...this.#recipes, part(false), ...this.#own, part(true)];
    for (const layer of layers) merge(tree, structuredClone(layer));
    return tree;
  }

  /**
   * `"configs/runner/mil.yaml", line 3, column 1`, the file that has the key, or should have it.
   */
  origin(path: Path): string | undefined {
    const places = this.#files.map(({ file, prefix }) => ({ file, path: prefix(path) }));
    const found = places.findLast(({ file, path }) => file.has(path)) ??
      places.findLast(({ file, path }) =>
        path[0] !== "recipe" && path[0] !== "presets" && file.value !== null
      );
    if (found === undefined) return undefined;
    const place = found.file.placeOf(found.path);
    return `"${found.file.name}"${place === undefined ? "" : `, ${place}`}`;
  }

  /** What the runner's file says of the chosen trainer. */
  #runnerPreset(): Tree {
    if (this.#runner === undefined || this.#trainer === undefined) return {};
    const { file, presets } = this.#runner;
    const preset = isTree(presets) ? presets[this.#trainer] ?? {} : presets ?? {};
    const wrong = isTree(preset)
      ? Object.keys(preset).find((key) =>
        !(SECTIONS as readonly string[]).includes(key) || !isTree(preset[key])
      )
      : "";
    if (isTree(preset) && wrong === undefined) {
      const path = ["presets", this.#trainer];
      this.#files.push({ file, prefix: (keys) => [...path, ...keys] });
      return preset;
    }
    throw fault(
      RangeError,
      `Cannot use the settings "${file.name}", ${
        file.placeOf(["presets"])
      }: presets holds names of trainer settings, each with keys of ${
        SECTIONS.join(", ")
      }, as in "presets: { quick: { runner: { optimizer: { lr: 1e-3 } } } }"`,
    );
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
