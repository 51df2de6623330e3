/**
 * Weights that saw the videos on which methods are compared: a backbone that was tuned on a data
 * set of anomalies makes features of its test videos that no honest number can come from.
 */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fault } from "../fault.ts";
import { tunedOn } from "../sets/tuned_names.ts";
import { ucfClasses } from "../sets/ucf_crime.ts";
import { xdClasses } from "../sets/xd_violence.ts";

/** Classes of a classifier that no other data set has together. */
const FEWEST_CLASSES = 5;

/**
 * Looks at the names of the file and of its folders, and at the settings that Hugging Face keeps
 * beside it.
 *
 * @throws {TypeError} a fault: they say that the weights were tuned on such data
 */
export function requireUntuned(path: string, backbone: string): void {
  const evidence = tunedBy(path);
  if (evidence === null) return;
  throw fault(
    TypeError,
    `Cannot use "${path}" as weights of backbone "${backbone}": ${evidence.why}, so they were tuned on ${evidence.data} and have seen the videos that are scored; take weights that saw none of them, as they were before`,
  );
}

function tunedBy(path: string): { data: string; why: string } | null {
  // A link may have any name: what it leads to counts too.
  const places = [resolve(path), existsSync(path) ? realpathSync(path) : resolve(path)];
  for (const part of places.flatMap((place) => place.split(/[/\\]/).toReversed())) {
    const data = tunedOn(part);
    if (data !== null) return { data, why: `the name "${part}" says what they are` };
  }
  const found = new Set(places.map((place) => join(dirname(place), "config.json")));
  for (const settings of found) {
    const evidence = existsSync(settings) ? saidBy(settings) : null;
    if (evidence !== null) return evidence;
  }
  return null;
}

/** What the settings of a model say of it. */
function saidBy(settings: string): { data: string; why: string } | null {
  const said = readSettings(settings);
  if (said === null) return null;
  const origin = typeof said._name_or_path === "string" ? said._name_or_path : "";
  const data = tunedOn(basename(origin));
  if (data !== null) return { data, why: `"${settings}" calls them "${origin}"` };
  const labels = Object.values(said.id2label ?? {}).map((label) => plain(String(label)));
  const among = (classes: readonly string[]) =>
    classes.filter((name) => labels.includes(plain(name))).length;
  const why = `"${settings}" names its classes`;
  if (among(ucfClasses.slice(1)) >= FEWEST_CLASSES) return { data: "UCF-Crime", why };
  return among(xdClasses.slice(1)) >= FEWEST_CLASSES ? { data: "XD-Violence", why } : null;
}

function plain(label: string): string {
  return label.toLowerCase().replace(/[^a-z]/g, "");
}

interface Settings {
  _name_or_path?: unknown;
  id2label?: Record<string, unknown> | null;
}

/** Null where the file is none of that kind. */
function readSettings(path: string): Settings | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" ? value as Settings | null : null;
  } catch {
    return null;
  }
}
