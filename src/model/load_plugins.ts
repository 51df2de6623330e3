/** From files of plugins to entries of the registry. */

import { pathToFileURL } from "node:url";
import { z } from "zod";
import {
  type PluginFile,
  pluginsOfRun,
  pluginsOfRunner,
  pluginText,
  readPlugin,
} from "../config/plugin_files.ts";
import { fault } from "../fault.ts";
import { pluginKit } from "./plugin_kit.ts";
import { registry } from "./registry.ts";

const SLOTS = ["encoder", "head", "branch", "loss"] as const;
type SlotName = (typeof SLOTS)[number];

/** What each entry must have, and what that is. */
const NEEDED: Record<SlotName, Record<string, string>> = (() => {
  const term = { name: "string", summary: "string", requires: "object", build: "function" };
  const slot = { ...term, offers: "object", provides: "function" };
  return { encoder: slot, head: slot, branch: slot, loss: term };
})();

/** Files whose entries are in the registry, by their hash: a process loads each once. */
const loaded = new Map<string, PluginFile>();

/**
 * Loads the plugins of a command line, and those that the file of a runner names.
 *
 * @param plugins paths of --plugin
 * @returns overrides by which the configuration keeps them; none without plugins
 * @throws fault: a file that is missing, that does not run, or whose entries are none
 */
export async function pluginOverrides(
  { plugins = [], runner, configDirs = [] }: {
    plugins?: readonly string[];
    /** Name of the runner; absent: none was chosen. */
    runner?: string;
    configDirs?: readonly string[];
  },
): Promise<string[]> {
  const own = runner === undefined ? [] : pluginsOfRunner(runner, configDirs);
  const files = [...own, ...plugins.map((path) => readPlugin(path))];
  for (const file of files) await load(file);
  const texts = [...new Set(files.map(pluginText))];
  return texts.length === 0 ? [] : [`++runner.plugins=${JSON.stringify(texts)}`];
}

/**
 * Loads the plugins that a run was trained with, before its configuration is read.
 *
 * @param given files of --plugin: where those that were moved are now
 * @throws fault: as {@link pluginOverrides}, and for a file that was changed since
 */
export async function loadPluginsOfRun(
  text: string,
  name: string,
  given: readonly string[] = [],
): Promise<void> {
  for (const file of pluginsOfRun(text, name, [...given])) await load(file);
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
    entries = make(pluginKit);
  } catch (error) {
    const { name, message } = error as Error;
    throw fault(Error, `${attempted}: ${name}: ${message}`, { cause: error });
  }
  const found = checkedEntries(entries, attempted);
  for (const [slot, entry] of found) {
    const known = registry[slot] as Record<string, unknown>;
    known[entry.name] = entry;
  }
  loaded.set(file.sha256, file);
}

/** Every entry with its slot, none of them in the registry yet. */
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
      throw wrong(`${place} needs "${key}", a ${type}`);
    }
  }
  if (!(given.config instanceof z.ZodObject)) {
    throw wrong(`${place} needs "config", a z.strictObject of the kit's z`);
  }
  const name = String(given.name);
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw wrong(`${place} is called "${name}"; names are lower case letters, digits and _`);
  }
  if (Object.hasOwn(registry[slot], name)) {
    throw wrong(`there is a ${slot} "${name}" already; choose another name`);
  }
  return entry as { name: string };
}
