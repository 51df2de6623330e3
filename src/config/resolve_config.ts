/**
 * From the command line to a checked configuration.
 *
 * Precedence, weakest first: defaults of the schema; the `recipe` blocks of the chosen files (the
 * paper's batch, steps, normalisation); the chosen files themselves; `key=value`, left to right.
 * Group choices count before all `key=value`, wherever they stand.
 */

import { homedir } from "node:os";
import { resolve } from "node:path";
import { fault } from "../fault.ts";
import { applyOverrides } from "./apply_overrides.ts";
import { dumpYaml } from "./dump_yaml.ts";
import { describeIssues, type Problem } from "./describe_issues.ts";
import {
  checkConfigDirs,
  type Group,
  GROUPS,
  isGroup,
  listGroup,
  loadGroupFile,
  readSettings,
} from "./groups.ts";
import { type Environment, hasExpression, interpolate } from "./interpolate.ts";
import { loadYaml, type YamlFile } from "./load_yaml.ts";
import { type Override, parseOverride } from "./override_grammar.ts";
import { configSchema, type ResolvedConfig, SECTIONS, type SlotCatalog } from "./schema/index.ts";
import { isTree, spellOutSlots, type Tree } from "./schema_walk.ts";

export interface ConfigRequest {
  /** The registry's slots. */
  catalog: SlotCatalog;
  /** `key=value` and `group=name`, in the order of the command line. */
  overrides?: readonly string[];
  /** Folders of --config-dir, the first one wins. */
  configDirs?: readonly string[];
  /** By default that of the process. */
  environment?: Environment;
}

/** The names of the chosen files. */
export type Choices = Record<Group, string>;

const DEFAULT_CHOICES = { data: "synthetic", trainer: "official" };

/**
 * The configuration that a command line asks for.
 *
 * @throws {RangeError} unknown group file, key or slot; a value that the schema refuses
 * @throws {SyntaxError} unreadable file or override
 */
export function resolveConfig(request: ConfigRequest): ResolvedConfig {
  const overrides = (request.overrides ?? []).map(parseOverride);
  const configDirs = request.configDirs ?? [];
  checkConfigDirs(configDirs);
  const choices = chooseGroups(request);
  const layers = new Layers();
  for (const group of GROUPS) layers.addGroup(group, choices[group], configDirs);
  return finish(layers, overrides, request);
}

/**
 * The group files that a command line chooses.
 *
 * @throws {RangeError} no runner
 */
export function chooseGroups(
  request: Pick<ConfigRequest, "overrides" | "configDirs">,
): Choices {
  const chosen = choicesOf((request.overrides ?? []).map(parseOverride));
  if (chosen.runner === undefined) {
    const names = listGroup("runner", request.configDirs ?? []).map((choice) => choice.name);
    throw fault(
      RangeError,
      `Cannot choose a method: no runner given; add --runner NAME (${names.join(", ")})`,
    );
  }
  return { ...DEFAULT_CHOICES, ...chosen, runner: chosen.runner };
}

/**
 * Reads a resolved configuration again, as `dumpConfig` wrote it, and applies overrides to it. With
 * `data=NAME` the features are still prepared as the model was trained on them.
 *
 * @throws {SyntaxError} unreadable
 * @throws {RangeError} a key or value that the schema refuses; `runner=NAME`
 */
export function loadResolvedConfig(path: string, request: ConfigRequest): ResolvedConfig {
  return parseResolvedConfig(readSettings(path), path, request);
}

/** The same from a text, such as the one inside a checkpoint; `name` is for messages. */
export function parseResolvedConfig(
  text: string,
  name: string,
  request: ConfigRequest,
): ResolvedConfig {
  const overrides = (request.overrides ?? []).map(parseOverride);
  const configDirs = request.configDirs ?? [];
  checkConfigDirs(configDirs);
  const chosen = choicesOf(overrides);
  if (chosen.runner !== undefined) {
    throw fault(
      RangeError,
      `Cannot apply "runner=${chosen.runner}" to "${name}": its method is fixed; keys such as runner.attn_impl can be set`,
    );
  }
  const layers = new Layers();
  layers.addResolved(loadYaml(text, name));
  for (const group of GROUPS) {
    const choice = chosen[group];
    if (choice !== undefined) layers.addGroup(group, choice, configDirs);
  }
  return finish(layers, overrides, request);
}

/** The configuration as YAML, for config.yaml and `wsvad config`; `loadResolvedConfig` reads it. */
export function dumpConfig(config: ResolvedConfig): string {
  const sections = SECTIONS.map((section) => [section, nameFirst(config[section])]);
  return dumpYaml(Object.fromEntries(sections));
}

/** A slot reads best with its name before its settings. */
function nameFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nameFirst);
  if (!isTree(value)) return value;
  const { name, ...rest } = value;
  const entries = Object.entries(name === undefined ? rest : { name, ...rest });
  return Object.fromEntries(entries.map(([key, part]) => [key, nameFirst(part)]));
}

function isChoice(override: Override): override is Override & { value: string; path: [Group] } {
  return override.action === "set" && override.path.length === 1 &&
    isGroup(override.path[0]) && typeof override.value === "string";
}

function choicesOf(overrides: readonly Override[]): Partial<Choices> {
  const choices: Partial<Choices> = {};
  for (const override of overrides) {
    if (isChoice(override)) choices[override.path[0]] = override.value;
  }
  return choices;
}

// How features are prepared belongs to the model; where they lie, to the data.
const PREPARATION = ["normalize", "magnitude", "segments", "segments_test", "reduce"];

/** The files of a configuration, and from which of them each key comes. */
class Layers {
  // Recipes, and below them a configuration that was resolved before.
  readonly #presets: Tree[] = [];
  readonly #own: Tree[] = [];
  #resolved?: Tree;
  readonly #files: { file: YamlFile; prefix: (path: Path) => Path | undefined }[] = [];

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
    const places = this.#files.map(({ file, prefix }) => ({ file, path: prefix(path)! }));
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

type Path = (string | number)[];

function finish(
  layers: Layers,
  overrides: readonly Override[],
  request: ConfigRequest,
): ResolvedConfig {
  const schema = configSchema(request.catalog);
  const written = layers.merged();
  spellOutSlots(schema, written);

  // Defaults first, since an override may only name a key that is there; `${...}` has no type yet.
  const { tree, expressions } = splitExpressions(written);
  const fromFiles = schema.safeParse(tree);
  if (!fromFiles.success) {
    throw refused(describeIssues(schema, tree, fromFiles.error.issues), layers, []);
  }
  const complete = structuredClone(fromFiles.data) as unknown as Tree;
  for (const { path, value } of expressions) place(complete, path, value);

  const settings = overrides.filter((override) => !isChoice(override));
  applyOverrides(schema, complete, settings);
  interpolate(complete, request.environment ?? ((name) => Deno.env.get(name)));
  completePaths(complete);

  const checked = schema.safeParse(complete);
  if (checked.success) return checked.data;
  throw refused(describeIssues(schema, complete, checked.error.issues), layers, settings);
}

/** Lays `from` over `onto`: mappings key by key, anything else replaces. */
function merge(onto: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    if (isTree(value) && isTree(onto[key])) merge(onto[key], value);
    else onto[key] = value;
  }
}

/** Takes values with `${...}` out of a tree; a list that holds one goes as a whole. */
function splitExpressions(written: Tree): {
  tree: Tree;
  expressions: { path: Path; value: unknown }[];
} {
  const expressions: { path: Path; value: unknown }[] = [];
  const isExpression = (value: unknown) =>
    hasExpression(value) || (Array.isArray(value) && value.some(hasExpression));
  const without = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((part, index) => without(part, [...path, index]));
    if (!isTree(value)) return value;
    const kept: Tree = {};
    for (const [key, part] of Object.entries(value)) {
      if (isExpression(part)) expressions.push({ path: [...path, key], value: part });
      else kept[key] = without(part, [...path, key]);
    }
    return kept;
  };
  return { tree: without(written, []) as Tree, expressions };
}

function place(tree: Tree, path: Path, value: unknown): void {
  // Every mapping above an expression was in the tree that the schema completed.
  const parent = path.slice(0, -1).reduce<Tree>((at, key) => at[key] as Tree, tree);
  parent[path.at(-1)!] = value;
}

const PATH_KEYS = ["root", "train", "test", "annotations", "ground_truth"];

/** `~/` is the home folder; `data.root` is made absolute, so that a run can be resumed from anywhere. */
function completePaths(tree: Tree): void {
  const data = tree.data;
  if (!isTree(data)) return;
  for (const key of PATH_KEYS) {
    const path = data[key];
    if (typeof path === "string") data[key] = path.replace(/^~(?=$|[/\\])/, () => homedir());
  }
  if (typeof data.root === "string") data.root = resolve(data.root);
}

function refused(problems: Problem[], layers: Layers, overrides: readonly Override[]): Error {
  const lines = problems.map(({ path, text }) => {
    const override = overrides.findLast((candidate) => concerns(candidate, path, text));
    if (override !== undefined) return `Cannot apply "${override.text}": ${text}`;
    const origin = layers.origin(path);
    return `Cannot use the settings${origin === undefined ? "" : ` ${origin}`}: ${text}`;
  });
  return fault(RangeError, [...new Set(lines)].join("\n"));
}

/** Whether an override has set the key, or something above or below it. */
function concerns(override: Override, path: Path, text: string): boolean {
  // The text opens with the path by names, the problem has it by indices; an override may use either.
  const named = text.split(/[ :]/)[0].split(".");
  return [path.map(String), named].some((keys) =>
    override.path.every((key, depth) => depth >= keys.length || keys[depth] === key)
  );
}
