/**
 * Reads YAML and remembers where every key and value stands, for messages. The one file that uses
 * positions of the `yaml` package, which `jsr:@std/yaml` does not have.
 *
 * Refused: duplicate keys, several documents, aliases that expand beyond measure, unknown tags,
 * keys that are not text, files over 512 kB, or of more lines, list items and anchors than settings
 * have.
 */

import * as yaml from "@std/yaml";
import { fault, isFault } from "../fault.ts";

export type YamlPath = readonly (string | number)[];

/** A YAML text as plain values, and the place of each. */
export interface YamlFile {
  /** As shown in messages: a path, or "configs/data/synthetic.yaml" of the tool itself. */
  name: string;
  /** Plain objects, lists, text, numbers, booleans, null; null for an empty file. */
  value: unknown;
  /**
   * Where the key at the end of the path stands, or the nearest one above it that is in the file:
   * `line 3, column 1`. Undefined where the file has not even the first key.
   */
  placeOf(path: YamlPath): string | undefined;
  /** Whether the file itself has a value at the path. */
  has(path: YamlPath): boolean;
}

/**
 * Bytes of a settings file; the largest of ours has six thousand, generated ones have some hundred
 * thousand.
 */
export const LARGEST_SETTINGS = 1 << 19;
/** Lines and commas of a file, for each of which the parser takes about 10 microseconds. */
const MOST_PARTS = 50_000;
/**
 * Anchors, aliases and tags of a file, each of which may become an error that costs ten times as
 * much.
 */
const MOST_MARKS = 1000;
// Nodes that aliases may expand to; configuration files need a handful.
const MOST_ALIASES = 100;
const DEEPEST = 20;

/**
 * Reads a YAML text.
 *
 * @param name of the file, for messages
 * @throws {SyntaxError} unreadable, duplicate keys, several documents, alias bomb; with line and
 *     column
 */
export function loadYaml(text: string, name: string): YamlFile {
  if (text.length > LARGEST_SETTINGS) {
    throw fault(SyntaxError, `Cannot read "${name}": a settings file over 512 kB`);
  }
  refuseParts(text, name);
  refuseBrackets(text, name);
  const lines = new yaml.LineCounter();
  let document: yaml.Document.Parsed;
  let value: unknown;
  try {
    document = yaml.parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false, // compares every two keys; refuseKeys does not
    });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) {
      throw unreadable(name, place(lines, problem.pos[0]), plainReason(problem));
    }
    refuseKeys(document, name, lines);
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
    refuseDeep(value, name);
  } catch (error) {
    // The package asks for environment variables: a permission that lacks is no fault of the file.
    if (isFault(error) || error instanceof Deno.errors.NotCapable) throw error;
    // Aliases without an anchor, alias bombs, and mappings nested beyond the stack.
    throw unreadable(name, "line 1", (error as Error).message);
  }

  const root = document.contents;
  return {
    name,
    value,
    has: (path) => walk(root, path).depth === path.length,
    placeOf(path) {
      const found = walk(root, path);
      return found.offset === undefined ? undefined : place(lines, found.offset);
    },
  };
}

function refuseKeys(document: yaml.Document.Parsed, name: string, lines: yaml.LineCounter): void {
  yaml.visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const offset = yaml.isNode(key) ? key.range?.[0] ?? 0 : 0;
        if (!yaml.isScalar(key) || typeof key.value !== "string" || key.value === "__proto__") {
          throw unreadable(name, place(lines, offset), `a key must be text, found ${key}`);
        }
        if (seen.has(key.value)) {
          throw unreadable(
            name,
            place(lines, offset),
            "this key stands twice in the same mapping",
          );
        }
        seen.add(key.value);
      }
    },
  });
}

/** Refuses, before they are parsed, files of more parts than settings have. */
function refuseParts(text: string, name: string): void {
  let parts = 0, marks = 0;
  for (const [found] of text.matchAll(/[\n,]|(?<![^\s,[{:-])[&*!](?=\S)/g)) {
    if (found === "\n" || found === ",") parts++;
    else marks++;
    if (parts > MOST_PARTS) {
      throw unreadable(
        name,
        "line 1",
        `over ${MOST_PARTS} lines and items of lists in a settings file`,
      );
    }
    if (marks > MOST_MARKS) {
      throw unreadable(
        name,
        "line 1",
        `over ${MOST_MARKS} anchors, aliases and tags in a settings file`,
      );
    }
  }
}

/**
 * Refuses what the parser takes seconds for: brackets, or lists on one line, nested thousands deep.
 */
function refuseBrackets(text: string, name: string): void {
  let depth = 0;
  let stray = 0;
  for (const [found] of text.matchAll(/[[\]{}]|(?:[-?:][ \t]+){9}/g)) {
    if ("]}".includes(found)) {
      if (depth > 0) depth--;
      else if (++stray > 10 * DEEPEST) {
        throw unreadable(name, "line 1", "brackets that none opened");
      }
    } else depth += found.length === 1 ? 1 : 9;
    if (depth > 10 * DEEPEST) {
      throw unreadable(name, "line 1", `values nested over ${DEEPEST} deep`);
    }
  }
}

/** Also ends the walk through an alias that contains itself. */
function refuseDeep(value: unknown, name: string, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > DEEPEST) throw unreadable(name, "line 1", `values nested over ${DEEPEST} deep`);
  for (const part of Object.values(value)) refuseDeep(part, name, depth + 1);
}

/** Follows the path as far as the file goes. */
function walk(root: unknown, path: YamlPath): { depth: number; offset?: number } {
  let node = root;
  let offset: number | undefined;
  for (const [depth, key] of path.entries()) {
    if (yaml.isMap(node)) {
      const pair = node.items.find((item) => yaml.isScalar(item.key) && item.key.value === key);
      if (pair === undefined) return { depth, offset };
      offset = yaml.isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (yaml.isSeq(node) && typeof key === "number" && key < node.items.length) {
      node = node.items[key];
      offset = yaml.isNode(node) ? node.range?.[0] : offset;
    } else {
      return { depth, offset };
    }
  }
  return { depth: path.length, offset };
}

function place(lines: yaml.LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

function plainReason(problem: yaml.YAMLParseError | yaml.YAMLWarning): string {
  switch (problem.code) {
    case "MULTIPLE_DOCS":
      return 'a second document begins here ("---"); one file holds one';
    default:
      if (problem.message.includes("call stack")) return "nested too deep";
      return problem.message.replace(/\.$/, "");
  }
}

function unreadable(name: string, where: string, reason: string): Error {
  return fault(SyntaxError, `Cannot read "${name}", ${where}: ${reason}`);
}
