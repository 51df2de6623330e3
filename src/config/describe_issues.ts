/**
 * What a schema refuses, in words: one sentence for each thing that is wrong, with its dotted path.
 */

import { z } from "zod";
import { didYouMean, nearestPath } from "./nearest.ts";
import { isTree, schemaAt, settingPaths, slotEntries, unwrap } from "./schema_walk.ts";

export interface Problem {
  path: (string | number)[];
  /** `data.batch_size must be a whole number, found the text "many"`. */
  text: string;
}

type Issue = z.core.$ZodIssue;

/** Unknown keys of one mapping that are named; the wrong file may have thousands. */
const MOST_UNKNOWN = 10;

/** The problems that a schema found in a value. */
export function describeIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    if (issue.code === "unrecognized_keys") {
      const problems = issue.keys.slice(0, MOST_UNKNOWN)
        .map((key) => unknownKey(schema, value, [...path, key]));
      const more = issue.keys.length - MOST_UNKNOWN;
      if (more > 0) problems[MOST_UNKNOWN - 1].text += `; and ${more} more keys are none`;
      return problems;
    }
    const kind = issue.code === "invalid_type"
      ? kindName(schemaAt(schema, path, value), issue.expected)
      : "";
    return [{ path, text: describe(issue, dotted(path, value), at(value, path), kind) }];
  });
}

function unknownKey(schema: z.ZodType, value: unknown, path: (string | number)[]): Problem {
  const text = dotted(path, value);
  const near = nearestPath(text, settingPaths(schema, value));
  const advice = near === undefined ? "wsvad config prints them all" : `did you mean ${near}?`;
  return { path, text: `${text} is not a setting; ${advice}` };
}

function describe(issue: Issue, path: string, found: unknown, kind: string): string {
  switch (issue.code) {
    case "invalid_type":
      if (found === undefined) return `${path} is missing`;
      return `${path} must be ${kind}, found ${inWords(found)}`;
    case "invalid_value":
      return notOneOf(path, issue.values, found);
    case "invalid_union": {
      const names = (issue as { options?: unknown[] }).options ?? [];
      if (found === undefined) return `${path} is missing; give one of ${names.join(", ")}`;
      return notOneOf(path, names, found);
    }
    case "too_small":
      return `${path} must ${limit(issue, "at least", "more than", issue.minimum)}, found ${
        inWords(found)
      }`;
    case "too_big":
      return `${path} must ${limit(issue, "at most", "less than", issue.maximum)}, found ${
        inWords(found)
      }`;
    default:
      return `${path}: ${issue.message}`;
  }
}

function limit(
  issue: { origin: string; inclusive?: boolean },
  inclusive: string,
  exclusive: string,
  bound: number | bigint,
): string {
  const words = `${issue.inclusive === false ? exclusive : inclusive} ${bound}`;
  if (bound === 1 && inclusive === "at least" && issue.origin !== "number") return "not be empty";
  if (issue.origin === "array") return `have ${words} entries`;
  if (issue.origin === "string") return `have ${words} characters`;
  return `be ${words}`;
}

function notOneOf(path: string, values: readonly unknown[], found: unknown): string {
  const names = values.map(String);
  return `${path} must be one of ${names.join(", ")}, found ${inWords(found)}${
    typeof found === "string" ? didYouMean(found, names) : ""
  }`;
}

const KINDS: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping of settings",
  record: "a mapping",
  null: "null",
};

function kindName(schema: z.ZodType | undefined, expected: string): string {
  const entries = slotEntries(schema);
  if (entries !== undefined) return `one of ${[...entries.keys()].join(", ")}`;
  const inner = schema && unwrap(schema);
  if (inner instanceof z.ZodNumber && inner.format === "safeint") return KINDS.int;
  return KINDS[expected] ?? expected;
}

/** A value as messages show it. */
function inWords(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return `the text "${shortened(value)}"`;
  if (Array.isArray(value)) return `the list ${shortened(JSON.stringify(value))}`;
  if (isTree(value)) return `the mapping ${shortened(JSON.stringify(value))}`;
  return String(value);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) found = (found as Record<string | number, unknown> | undefined)?.[key];
  return found;
}

/** `runner.loss.smoothness.weight`: elements of lists by their name where they have one. */
function dotted(path: readonly (string | number)[], value: unknown): string {
  return path.map((key, depth) => {
    const element = typeof key === "number" ? at(value, path.slice(0, depth + 1)) : undefined;
    return isTree(element) && typeof element.name === "string" ? element.name : key;
  }).join(".");
}
