/**
 * Weights that saw the videos on which methods are compared: a backbone that was tuned on a data
 * set of anomalies makes features of its test videos that no honest number can come from.
 */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fault } from "../fault.ts";
import { setNamedIn, tunedOn } from "../sets/tuned_names.ts";
import { ucfClasses } from "../sets/ucf_crime.ts";
import { xdClasses } from "../sets/xd_violence.ts";

/** Classes of a classifier that no other data set has together. */
const FEWEST_CLASSES = 5;

/**
 * Looks at the names of the file and of its folders, at the settings and the card that Hugging Face
 * keeps beside it, and at what the file says beside its weights.
 *
 * @param plain entries of the file that are no tensors, by path
 * @throws {TypeError} a fault: they say that the weights were tuned on such data
 */
export function requireUntuned(
  path: string,
  backbone: string,
  plain: ReadonlyMap<string, unknown> = new Map(),
): void {
  const evidence = tunedBy(path) ?? tunedByEntries(plain);
  if (evidence === null) return;
  throw fault(
    TypeError,
    `Cannot use "${path}" as weights of backbone "${backbone}": ${evidence.why}, so they were tuned on ${evidence.data} and have seen the videos that are scored; take weights that saw none of them, as they were before`,
  );
}

interface Evidence {
  data: string;
  why: string;
}

/** Keys under which programs keep what a model was trained on. */
const OF_TRAINING = /data_?(set|path|root)|corpus|train(ed|ing)?_on|finetun|fine_tun/i;

/** Metadata of a .safetensors file; arguments and labels of a PyTorch one. */
function tunedByEntries(plain: ReadonlyMap<string, unknown>): Evidence | null {
  const labels: string[] = [];
  for (const [key, value] of plain) {
    for (const text of [value].flat().filter((item) => typeof item === "string")) {
      const data = OF_TRAINING.test(key) ? setNamedIn(text) : tunedOn(text);
      if (data !== null) return { data, why: `its entry "${key}" says "${text}"` };
      labels.push(text);
    }
  }
  const data = setOfClasses(labels);
  return data === null ? null : { data, why: "it names its classes" };
}

/** `datasets` at the head of a model's card (README.md). */
function tunedByCard(folder: string): Evidence | null {
  const card = join(folder, "README.md");
  if (!existsSync(card)) return null;
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readFileSync(card, "utf8"))?.[1] ?? "";
  const list = /^datasets:(.*(?:\r?\n[ \t]*-.*)*)/m.exec(head)?.[1] ?? "";
  const data = setNamedIn(list);
  return data === null ? null : { data, why: `"${card}" names the data that they were trained on` };
}

/** The data set of whose classes the labels have so many that it can be no other. */
function setOfClasses(labels: readonly string[]): string | null {
  const known = new Set(labels.map(plain));
  const among = (classes: readonly string[]) =>
    classes.filter((name) => known.has(plain(name))).length;
  if (among(ucfClasses.slice(1)) >= FEWEST_CLASSES) return "UCF-Crime";
  return among(xdClasses.slice(1)) >= FEWEST_CLASSES ? "XD-Violence" : null;
}

function tunedBy(path: string): Evidence | null {
  // A link may have any name: what it leads to counts too.
  const places = [resolve(path), existsSync(path) ? realpathSync(path) : resolve(path)];
  for (const part of places.flatMap((place) => place.split(/[/\\]/).toReversed())) {
    const data = tunedOn(part);
    if (data !== null) return { data, why: `the name "${part}" says what they are` };
  }
  for (const folder of new Set(places.map((place) => dirname(place)))) {
    const settings = join(folder, "config.json");
    const evidence = tunedByCard(folder) ?? (existsSync(settings) ? saidBy(settings) : null);
    if (evidence !== null) return evidence;
  }
  return null;
}

/** What the settings of a model say of it. */
function saidBy(settings: string): Evidence | null {
  const said = readSettings(settings);
  if (said === null) return null;
  const origin = typeof said._name_or_path === "string" ? said._name_or_path : "";
  const data = tunedOn(basename(origin));
  if (data !== null) return { data, why: `"${settings}" calls them "${origin}"` };
  const ofClasses = setOfClasses(Object.values(said.id2label ?? {}).map(String));
  return ofClasses === null ? null : { data: ofClasses, why: `"${settings}" names its classes` };
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
