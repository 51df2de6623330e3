/** Where the configured data lies on this machine. */

import { homedir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { placeInArchive } from "../io/features/open_features.ts";
import { entryAt, linkFault } from "../io/read_file.ts";

/**
 * Files or folders of the configured data that are not where they are looked for: they may have
 * moved.
 */
export class DataNotFound extends Error {
  override name = "DataNotFound";
}

/** Keys of the section `data` that name files or folders. */
export const pathKeys = [
  "train",
  "test",
  "annotations",
  "ground_truth",
  "ground_truth_list",
] as const;
export type PathKey = typeof pathKeys[number];

/** A configured path, as `wsvad doctor` lists them. */
export interface DataPath {
  key: `data.${PathKey}`;
  /** The file or folder found, or the first place where it was looked for. */
  path: string;
  found: boolean;
}

/** The folder below which relative paths are looked for. */
export function dataRoot({ root }: Pick<DataConfig, "root">): string {
  return expandHome(root ?? Deno.env.get("WSAD_DATA") ?? "~/data/wsad");
}

/**
 * The configured path of a key: absolute, below the data's root, or below the current folder.
 *
 * @throws {DataNotFound} a fault: nothing is there; the places where it was looked for are named
 */
export function locate(config: DataConfig, key: PathKey): string | null {
  const places = placesOf(config, key);
  if (places === null) return null;
  const found = placeOf(config, key);
  if (found !== undefined) return found;
  for (const place of places) {
    const broken = linkFault(place, `Cannot find data.${key}=${config[key]}`);
    if (broken !== null) throw broken;
  }
  throw fault(
    DataNotFound,
    `Cannot find data.${key}=${config[key]}: looked for ${
      places.map((place) => `"${place}"`).join(" and ")
    }; set data.root or data.${key}`,
  );
}

/** All configured paths and whether something is there; none for synthetic data. */
export function dataPaths(config: DataConfig): DataPath[] {
  if (config.source === "synthetic") return [];
  return pathKeys.flatMap((key) => {
    const places = placesOf(config, key);
    if (places === null) return [];
    const found = placeOf(config, key);
    return [{ key: `data.${key}`, path: found ?? places[0], found: found !== undefined }];
  });
}

/** Whether the path of a key is configured, and something is there. */
export function isThere(config: DataConfig, key: PathKey): boolean {
  return placeOf(config, key) !== undefined;
}

/** Whether a file, a folder, or a folder of an archive lies there. */
function isPlace(path: string): boolean {
  return entryAt(path) !== null || placeInArchive(path) !== null;
}

function placesOf(config: DataConfig, key: PathKey): string[] | null {
  const configured = config[key];
  if (configured === null) return null;
  const path = expandHome(configured);
  return isAbsolute(path) ? [path] : [join(dataRoot(config), path), path];
}

/**
 * Where the files of a path lie as the Hub has them: a split's folder as an archive in its place or
 * directly below the root, any other file directly below the root. The older local layout has
 * variants beside the data sets: `~/data/wsad/clip/train`.
 */
function asDownloaded(config: DataConfig, key: PathKey): string[] {
  const configured = config[key];
  if (configured === null || isAbsolute(expandHome(configured))) return [];
  const root = dataRoot(config);
  if (key !== "train" && key !== "test") return [join(root, basename(configured))];
  if (/\.\w+$/.test(configured)) return [];
  const older = configured.replace(/^features\//, "../");
  return [
    join(root, `${configured}.zip`),
    ...(older === configured ? [] : [join(root, older), join(root, `${older}.zip`)]),
    join(root, `${basename(configured)}.zip`),
  ];
}

/** The path that a key leads to, where something is. */
function placeOf(config: DataConfig, key: PathKey): string | undefined {
  const places = placesOf(config, key) ?? [];
  return [...places, ...asDownloaded(config, key)].find((place) => isPlace(place));
}

/** A path that may begin with `~`. */
export function expandHome(path: string): string {
  return path === "~" || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path;
}
