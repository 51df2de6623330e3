/** From files of plugins to entries of the registry. */

import { pathToFileURL } from "node:url";
import { z } from "zod";
import {
  type PluginFile,
  pluginsOfGroup,
  pluginsOfRun,
  pluginText,
  readPlugin,
  recordedPlugin,
} from "../config/plugin_files.ts";
import { fault } from "../fault.ts";
import { dataSets } from "../sets/index.ts";
import { registry } from "./registry.ts";

const SLOTS = ["encoder", "head", "branch", "loss", "backbone", "data_set"] as const;
type SlotName = (typeof SLOTS)[number];

/** Where the tool finds its entries, and those of plugins beside them. */
const PLACES: Record<SlotName, Record<string, unknown>> = { ...registry, data_set: dataSets };

/** What each entry must have, and what that is. */
const NEEDED: Record<SlotName, Record<string, string>> = (() => {
  const part = { name: "string", summary: "string", build: "function" };
  const term = { ...part, requires: "object" };
  const slot = { ...term, offers: "object", provides: "function" };
  const backbone = { ...part, source: "string", facts: "function", placeOf: "function" };
  const set = {
    ...{ name: "string", title: "string", classes: "object", classesOf: "function" },
    ...{ form: "string", crops: "object", grid: "string", groundTruth: "object" },
    ...{ normalSegment: "string", lists: "object" },
  };
  return { encoder: slot, head: slot, branch: slot, loss: term, backbone, data_set: set };
})();

/** Files whose entries are in their places, by their hash: a process loads each once. */
const loaded = new Map<string, PluginFile>();

/** The files that backbones came from, by name. */
const backboneFiles = new Map<string, PluginFile>();

/**
 * Loads the plugins of a command line, and those that the chosen files of runner and data name.
 *
 * @param plugins paths of --plugin
 * @returns overrides by which the configuration keeps them; none without plugins
 * @throws fault: a file that is missing, that does not run, or whose entries are none
 */
export async function pluginOverrides(
  { plugins = [], runner, overrides = [], configDirs = [] }: {
    plugins?: readonly string[];
    /** Name of the runner; absent: none was chosen. */
    runner?: string;
    /** Of the command line, of which `data=NAME` is looked for. */
    overrides?: readonly string[];
    configDirs?: readonly string[];
  },
): Promise<string[]> {
  const own = runner === undefined ? [] : pluginsOfGroup("runner", runner, configDirs);
  const ofData = pluginsOfData(overrides, configDirs);
  const files = [...own, ...ofData, ...plugins.map((path) => readPlugin(path))];
  for (const file of files) await load(file);
  const texts = [...new Set(files.map(pluginText))];
  return texts.length === 0 ? [] : [`++runner.plugins=${JSON.stringify(texts)}`];
}

/** The plugins that the file of `data=NAME` names, where one is chosen. */
function pluginsOfData(
  overrides: readonly string[],
  configDirs: readonly string[],
): PluginFile[] {
  const choice = overrides.findLast((text) => text.startsWith("data="))?.slice("data=".length);
  return choice === undefined ? [] : pluginsOfGroup("data", choice, configDirs);
}

/**
 * Loads the plugins that a run was trained with, before its configuration is read, and those of
 * other data that it is used on.
 *
 * @param plugins files of --plugin: where those that were moved are now, and further ones
 * @throws fault: as {@link pluginOverrides}, and for a file that was changed since
 */
export async function loadPluginsOfRun(
  text: string,
  name: string,
  { plugins = [], overrides = [], configDirs = [] }: {
    plugins?: readonly string[];
    overrides?: readonly string[];
    configDirs?: readonly string[];
  } = {},
): Promise<void> {
  const own = pluginsOfRun(text, name, [...plugins]);
  for (const file of [...own, ...pluginsOfData(overrides, configDirs)]) await load(file);
}

/** The file that a backbone came from, as a recipe of features keeps it; of built-in ones none. */
export function pluginOfBackbone(name: string): string | undefined {
  const file = backboneFiles.get(name);
  return file && pluginText(file);
}

/**
 * Loads the plugin of a backbone that features were made by.
 *
 * @param recorded as {@link pluginOfBackbone} gives it
 * @param of what recorded it, for messages
 * @param plugins files of --plugin: where it is now
 * @throws fault: a file that is missing, or was changed since
 */
export async function loadRecordedPlugin(
  recorded: string,
  of: string,
  plugins: readonly string[] = [],
): Promise<void> {
  await load(recordedPlugin(recorded, of, plugins.map((path) => readPlugin(path))));
}

async function load(file: PluginFile): Promise<void> {
  if (loaded.has(file.sha256)) return;
  const attempted = `Cannot load the plugin "${file.path}"`;
  let entries: unknown;
  try {
    // A file that was edited is another module to Deno only under another address.
    const address = `${pathToFileURL(file.path).href}?sha256=${file.sha256}`;
    const { default: make } = await import(address);
    if (typeof make !== "function") {
      throw new TypeError("its default export is no function from the kit to entries");
    }
    const { pluginKit } = await import("./plugin_kit.ts");
    entries = make(pluginKit);
  } catch (error) {
    const { name, message } = error as Error;
    throw fault(Error, `${attempted}: ${name}: ${message}`, { cause: error });
  }
  const found = checkedEntries(entries, attempted);
  for (const [slot, entry] of found) {
    PLACES[slot][entry.name] = entry;
    if (slot === "backbone") backboneFiles.set(entry.name, file);
  }
  loaded.set(file.sha256, file);
}

/** Every entry with its slot, none of them in its place yet. */
function checkedEntries(entries: unknown, attempted: string): [SlotName, { name: string }][] {
  const wrong = (what: string) => fault(TypeError, `${attempted}: ${what}`);
  if (typeof entries !== "object" || entries === null) {
    throw wrong("its function returned no entries, as in { loss: [myLoss] }");
  }
  const found: [SlotName, { name: string }][] = [];
  for (const [slot, list] of Object.entries(entries)) {
    if (!(SLOTS as readonly string[]).includes(slot)) {
      throw wrong(`"${slot}" is no slot; it may hold ${SLOTS.join(", ")}`);
    }
    if (!Array.isArray(list)) throw wrong(`expected ${slot} to be a list of entries`);
    for (const [index, entry] of list.entries()) {
      found.push([slot as SlotName, checkedEntry(entry, slot as SlotName, index, wrong)]);
    }
  }
  if (found.length === 0) throw wrong("it holds no entry");
  const twice = found.find(([slot, { name }], i) =>
    found.findIndex(([other, entry]) => other === slot && entry.name === name) !== i
  );
  if (twice) throw wrong(`it has two entries ${twice[0]} "${twice[1].name}"`);
  return found;
}

function checkedEntry(
  entry: unknown,
  slot: SlotName,
  index: number,
  wrong: (what: string) => Error,
): { name: string } {
  const place = `${slot}[${index}]`;
  if (typeof entry !== "object" || entry === null) throw wrong(`${place} is no entry`);
  const given = entry as Record<string, unknown>;
  for (const [key, type] of Object.entries(NEEDED[slot])) {
    if (typeof given[key] !== type || given[key] === null) {
      throw wrong(`${place} needs "${key}", ${type === "object" ? "an" : "a"} ${type}`);
    }
  }
  if (slot !== "data_set" && !(given.config instanceof z.ZodObject)) {
    throw wrong(`${place} needs "config", a z.strictObject of the kit's z`);
  }
  const name = String(given.name);
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw wrong(`${place} is called "${name}"; names are lower case letters, digits and _`);
  }
  if (Object.hasOwn(PLACES[slot], name)) {
    throw wrong(`there is a ${slot} "${name}" already; choose another name`);
  }
  return entry as { name: string };
}
