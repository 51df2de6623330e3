/**
 * Files of slots from outside the tool, as settings name them: `/home/me/my_loss.ts#sha256=...`,
 * the path and what the file held, which a run keeps in its configuration.
 */

import { createHash } from "node:crypto";
import { dirname, isAbsolute, resolve } from "node:path";
import { fault } from "../fault.ts";
import { entryAt, linkFault, readBytesSync } from "../io/read_file.ts";
import { checkConfigDirs, type Group, loadGroupFile } from "./groups.ts";
import { loadYaml, type YamlFile } from "./load_yaml.ts";
import { isTree } from "./schema_walk.ts";

/** A file of slots that was read. */
export interface PluginFile {
  /** Absolute. */
  path: string;
  /** Of its bytes, in hexadecimal digits. */
  sha256: string;
}

const HASH = /#sha256=([0-9a-f]{64})$/;

/** The file as the configuration of a run names it. */
export function pluginText({ path, sha256 }: PluginFile): string {
  return `${path}#sha256=${sha256}`;
}

/**
 * Reads the file of `--plugin` or of a list `plugins:`.
 *
 * @param named path, relative to `folder`
 * @throws fault: there is no such file
 */
export function readPlugin(named: string, folder = "."): PluginFile {
  const path = resolve(folder, named);
  return { path, sha256: hashOf(path, `Cannot load the plugin "${named}"`) };
}

/** The plugins that the file of a runner or of data names: paths relative to that file. */
export function pluginsOfGroup(
  group: Group,
  choice: string,
  configDirs: readonly string[],
): PluginFile[] {
  checkConfigDirs(configDirs);
  const { file } = loadGroupFile(group, choice, configDirs);
  const list = listIn(isTree(file.value) ? file.value.plugins : undefined, file);
  return list.map((name) => readPlugin(name, dirname(file.name)));
}

/**
 * The plugins of a run's configuration, with the bytes that it was trained with, and further ones
 * that are given: a data set to evaluate on, a backbone.
 *
 * @param text of config.yaml, or the one inside a checkpoint, whose name messages give
 * @param given files of --plugin: one of the same bytes stands for one that was moved
 * @throws fault: a file that is missing, or was changed since
 */
export function pluginsOfRun(text: string, name: string, given: string[]): PluginFile[] {
  const file = loadYaml(text, name);
  const runner = isTree(file.value) ? file.value.runner : undefined;
  const moved = given.map((path) => readPlugin(path));
  const own = listIn(isTree(runner) ? runner.plugins : undefined, file)
    .map((entry) => recordedPlugin(entry, name, moved));
  return [...own, ...moved];
}

/**
 * A plugin that was recorded by {@link pluginText}, where it lies now.
 *
 * @param of what recorded it, for messages
 * @param given files of --plugin
 * @throws fault: no such record; a file that is missing, or was changed since
 */
export function recordedPlugin(
  entry: string,
  of: string,
  given: readonly PluginFile[],
): PluginFile {
  const [mark, sha256] = HASH.exec(entry) ?? ["", undefined];
  const path = entry.slice(0, entry.length - mark.length);
  if (!isAbsolute(path) || sha256 === undefined) {
    throw fault(
      RangeError,
      `Cannot load the plugin "${entry}" of "${of}": expected an absolute path and its ` +
        "#sha256=..., as wsvad writes them",
    );
  }
  return given.find((plugin) => plugin.sha256 === sha256) ?? unchanged(path, sha256, of);
}

function unchanged(path: string, sha256: string, name: string): PluginFile {
  const found = hashOf(
    path,
    `Cannot load the plugin "${path}" of "${name}"`,
    "put it back, or say by --plugin FILE where it is now",
  );
  if (found === sha256) return { path, sha256 };
  throw fault(
    RangeError,
    `Cannot load the plugin "${path}" of "${name}": it was changed since (SHA-256 ${
      sha256.slice(0, 12)
    } then, ${found.slice(0, 12)} now); name a copy of what it was by --plugin FILE, or train anew`,
  );
}

function listIn(value: unknown, file: YamlFile): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
  throw fault(
    TypeError,
    `Cannot use the settings "${file.name}": expected plugins to be a list of files, as in ` +
      '"plugins: [my_loss.ts]"',
  );
}

function hashOf(path: string, attempted: string, remedy = "name a TypeScript file"): string {
  if (entryAt(path, attempted) === null && linkFault(path, attempted) === null) {
    throw fault(Error, `${attempted}: no such file; ${remedy}`);
  }
  return createHash("sha256").update(readBytesSync(path, { attempted })).digest("hex");
}
