/**
 * Groups of settings: `data=NAME`, `runner=NAME` and `trainer=NAME` choose a file
 * `<group>/<name>.yaml`, from the folders of --config-dir first, then from those in the tool
 * itself.
 */

import { basename, join } from "node:path";
import { fault, isFault } from "../fault.ts";
import { EMBEDDED } from "./embedded.ts";
import { entriesIn } from "../io/list_folder.ts";
import { entryAt, linkFault, readTextSync } from "../io/read_file.ts";
import { LARGEST_SETTINGS, loadYaml, type YamlFile } from "./load_yaml.ts";
import { didYouMean } from "./nearest.ts";

export const GROUPS = ["data", "runner", "trainer"] as const;
export type Group = (typeof GROUPS)[number];

/** A file of a group, as chosen. */
export interface GroupFile {
  group: Group;
  name: string;
  file: YamlFile;
}

/** A name that can be chosen, and where it comes from. */
export interface GroupChoice {
  name: string;
  /** A path, or "built in". */
  source: string;
  /** The first line of its comment. */
  summary: string;
}

/** Whether the text names a group. */
export function isGroup(name: string): name is Group {
  return (GROUPS as readonly string[]).includes(name);
}

/**
 * Reads the file of a group. A name that ends in .yaml is a path.
 *
 * @throws {RangeError} no file of that name, with the nearest one
 * @throws {SyntaxError} unreadable
 */
export function loadGroupFile(
  group: Group,
  name: string,
  configDirs: readonly string[],
): GroupFile {
  if (/\.ya?ml$/.test(name)) {
    return {
      group,
      name: basename(name).replace(/\.ya?ml$/, ""),
      file: loadYaml(readSettings(name), name),
    };
  }
  for (const dir of configDirs) {
    const path = join(dir, group, `${name}.yaml`);
    if (entryAt(path) !== null) return { group, name, file: loadYaml(readSettings(path), path) };
  }
  const embedded = EMBEDDED[group];
  if (Object.hasOwn(embedded, name)) {
    return { group, name, file: loadYaml(embedded[name], `configs/${group}/${name}.yaml`) };
  }
  const names = [...groupFiles(group, configDirs).keys(), ...Object.keys(embedded)];
  throw fault(
    RangeError,
    `Cannot use ${group}=${name}: no such file among the ${group} settings${
      didYouMean(name, names)
    } (${
      [...new Set(names)].sort().join(", ")
    }); add your own with --config-dir DIR as DIR/${group}/${name}.yaml`,
  );
}

/**
 * What can be chosen in a group, by name; files of --config-dir hide built-in ones of the same
 * name. A file that cannot be read says so in place of its comment: it must not hide the others.
 */
export function listGroup(group: Group, configDirs: readonly string[]): GroupChoice[] {
  const choices = new Map<string, GroupChoice>();
  for (const [name, path] of groupFiles(group, configDirs)) {
    choices.set(name, { name, source: path, summary: summaryOfFile(path) });
  }
  for (const [name, text] of Object.entries(EMBEDDED[group])) {
    if (!choices.has(name)) {
      choices.set(name, { name, source: "built in", summary: summaryOf(text) });
    }
  }
  return [...choices.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The files of a group in the folders of --config-dir, by name; those of the first folder win. */
function groupFiles(group: Group, configDirs: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const dir of configDirs) {
    const folder = join(dir, group);
    const attempted = `Cannot read settings from "${folder}"`;
    const entries = entryAt(folder, attempted) === null ? [] : entriesIn(folder, attempted);
    for (const entry of entries) {
      const name = entry.name.replace(/\.yaml$/, "");
      if (name !== entry.name && !files.has(name)) files.set(name, join(folder, entry.name));
    }
  }
  return files;
}

function summaryOfFile(path: string): string {
  try {
    return summaryOf(readSettings(path));
  } catch (error) {
    if (isFault(error)) return error.message;
    throw error;
  }
}

/**
 * Checks that every --config-dir is a folder with at least one group in it.
 *
 * @throws {RangeError} it is not
 */
export function checkConfigDirs(configDirs: readonly string[]): void {
  for (const dir of configDirs) {
    const attempted = `Cannot read settings from --config-dir "${dir}"`;
    const entry = entryAt(dir, attempted);
    if (!entry?.isDirectory()) {
      const found = entry === null ? "no such folder" : "it is no folder";
      throw linkFault(dir, attempted) ?? fault(RangeError, `${attempted}: ${found}`);
    }
    if (!GROUPS.some((group) => entryAt(join(dir, group)) !== null)) {
      throw fault(
        RangeError,
        `${attempted}: it has none of the folders ${GROUPS.join(", ")}; a runner lies in "${
          join(dir, "runner", "NAME.yaml")
        }"`,
      );
    }
  }
}

/**
 * The text of a settings file.
 *
 * @throws {Error} it cannot be read
 * @throws {SyntaxError} it is not UTF-8
 */
export function readSettings(path: string): string {
  return readTextSync(path, {
    attempted: `Cannot read settings "${path}"`,
    most: LARGEST_SETTINGS,
  });
}

function summaryOf(text: string): string {
  const line = text.match(/^#\s*(.*)$/m)?.[1] ?? "";
  // "RTFM, Tian et al. ICCV 2021.   wsvad train --runner rtfm": the command is not part of it.
  return line.split(/\s{2,}/)[0];
}
