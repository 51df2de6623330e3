/**
 * From the command line to a checked configuration.
 *
 * Precedence, weakest first: defaults of the schema; the `recipe` blocks of the chosen files (the
 * paper's batch, steps, normalisation); the chosen files themselves; `key=value`, left to right.
 * Group choices count before all `key=value`, wherever they stand.
 */

import { fault } from "../fault.ts";
import { applyOverrides } from "./apply_overrides.ts";
import { completePaths, completeTextTower, completeVariant } from "./complete_settings.ts";
import { Layers, type Path } from "./layers.ts";
import { dumpYaml } from "./dump_yaml.ts";
import { describeIssues, type Problem } from "./describe_issues.ts";
import { checkConfigDirs, type Group, GROUPS, isGroup, listGroup, readSettings } from "./groups.ts";
import { type Environment, hasExpression, interpolate } from "./interpolate.ts";
import { loadYaml } from "./load_yaml.ts";
import { nearest } from "./nearest.ts";
import { type Override, parseOverride } from "./override_grammar.ts";
import { parseThresholdRule } from "../metrics/threshold_rule.ts";
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
  const overrides = overridesOf(request);
  const configDirs = request.configDirs ?? [];
  checkConfigDirs(configDirs);
  const choices = chooseGroups(request);
  const layers = new Layers();
  for (const group of GROUPS) layers.addGroup(group, choices[group], configDirs);
  return finish(layers, overrides, request, true);
}

/**
 * The overrides of a command line.
 *
 * @param groups whose files can be chosen there
 * @throws {SyntaxError} not of the grammar; a word that names a file of a group is told as that
 */
function overridesOf(
  { overrides = [], configDirs = [] }: Pick<ConfigRequest, "overrides" | "configDirs">,
  groups: readonly Group[] = GROUPS,
): Override[] {
  return overrides.map((text) => {
    if (/^[\w-]+$/.test(text)) {
      for (const group of groups) {
        const name = nearest(text, listGroup(group, configDirs).map((choice) => choice.name));
        if (name === undefined) continue;
        throw fault(
          SyntaxError,
          `Cannot read the setting "${text}": there is no =; did you mean ${group}=${name}?`,
        );
      }
    }
    return parseOverride(text);
  });
}

/**
 * The group files that a command line chooses.
 *
 * @throws {RangeError} no runner
 */
export function chooseGroups(
  request: Pick<ConfigRequest, "overrides" | "configDirs">,
): Choices {
  const chosen = choicesOf(overridesOf(request));
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
  const overrides = overridesOf(request, ["data", "trainer"]);
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
  // A configuration that was resolved has what its variant brought, and what was set against it.
  const chosenNow = chosen.data !== undefined ||
    overrides.some(({ path }) => path.join(".") === "data.variant");
  return finish(layers, overrides, request, chosenNow);
}

/** The configuration as YAML, for config.yaml and `wsvad config`; `loadResolvedConfig` reads it. */
export function dumpConfig(config: ResolvedConfig): string {
  const sections = SECTIONS.map((section) => [section, nameFirst(config[section])]);
  return dumpYaml(Object.fromEntries(sections));
}

/** Whether two texts of {@link dumpConfig} make the same numbers: where the data lie makes none. */
export function sameNumbers(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => text.replace(/^ {2}(root|name): .*\n/gm, ""));
  return one === other;
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

function finish(
  layers: Layers,
  overrides: readonly Override[],
  request: ConfigRequest,
  isVariantChosen: boolean,
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
  if (isVariantChosen) completeVariant(complete, settings);
  interpolate(complete, request.environment ?? ((name) => Deno.env.get(name)));
  completePaths(complete);
  completeTextTower(complete);

  const checked = schema.safeParse(complete);
  if (!checked.success) {
    throw refused(describeIssues(schema, complete, checked.error.issues), layers, settings);
  }
  requireAgreement(checked.data);
  return checked.data;
}

/**
 * Settings that are right by themselves and not together, and a threshold that is no rule.
 *
 * @throws fault where scores of pooled test videos would be laid over the first frames alone
 */
function requireAgreement({ data, eval: { spread, threshold } }: ResolvedConfig): void {
  parseThresholdRule(threshold);
  if (data.segments_test === null || spread === "segments") return;
  throw fault(
    RangeError,
    `Cannot evaluate with data.segments_test=${data.segments_test} and eval.spread=${spread}: a score of a pooled test video does not stand for a fixed number of frames; set eval.spread=segments too`,
  );
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
  // The text opens with the path by names, the problem has it by indices;
  // an override may use either.
  const named = text.split(/[ :]/)[0].split(".");
  return [path.map(String), named].some((keys) =>
    override.path.every((key, depth) => depth >= keys.length || keys[depth] === key)
  );
}
