/**
 * `${...}` in values: `${data.seed}` is the value of another key, `${oc.env:NAME}` an environment
 * variable, `${oc.env:NAME,"default"}` the same with a default; both may stand inside each other.
 */

import { fault } from "../fault.ts";
import { parseValue } from "./override_grammar.ts";

/** `${...}` inside each other, by writing or by reference. */
const DEEPEST = 20;
/**
 * Replacements in all settings together, and characters of one value: references that double grow
 * fast.
 */
const MOST_REPLACEMENTS = 1000;
const LONGEST_VALUE = 1 << 16;

export type Environment = (name: string) => string | undefined;

/**
 * Replaces every `${...}` of the tree. A value that is nothing but one `${...}` takes the type of
 * what it stands for; within other text it becomes text.
 *
 * @throws {RangeError} a key or a variable that is not there, keys that refer to each other in a
 *   circle, or more replacements, nested deeper or to longer values, than settings need
 */
export function interpolate(tree: Record<string, unknown>, environment: Environment): void {
  const open = new Set<string>();
  let replacements = 0;

  function resolved(value: unknown, path: string): unknown {
    if (typeof value === "string") return resolvedText(value, path);
    if (typeof value !== "object" || value === null) return value;
    const parts = value as Record<string, unknown>;
    for (const [key, part] of Object.entries(parts)) parts[key] = resolved(part, `${path}.${key}`);
    return value;
  }

  function resolvedText(text: string, path: string): unknown {
    const found = findExpression(text);
    if (found === undefined) return text;
    if (open.has(path)) {
      throw fault(
        RangeError,
        `Cannot resolve ${path}: ${[...open, path].join(" -> ")} is a circle`,
      );
    }
    if (open.size >= DEEPEST) throw refused(path, `references lead over ${DEEPEST} keys`);
    open.add(path);
    let made: unknown = "";
    let at = 0;
    for (let next: Span | undefined = found; next !== undefined; next = findExpression(text, at)) {
      const value = evaluated(text.slice(next.start + 2, next.end - 1), path);
      made = next.start === 0 && next.end === text.length
        ? value
        : `${made}${text.slice(at, next.start)}${value}`;
      requireLength(made, path);
      at = next.end;
    }
    open.delete(path);
    return at === text.length ? made : `${made}${text.slice(at)}`;
  }

  function requireLength(value: unknown, path: string): void {
    if (typeof value !== "string" || value.length <= LONGEST_VALUE) return;
    throw refused(path, `the value grows over ${LONGEST_VALUE} characters`);
  }

  function evaluated(expression: string, path: string): unknown {
    if (++replacements > MOST_REPLACEMENTS) {
      throw refused(path, `the settings take over ${MOST_REPLACEMENTS} replacements`);
    }
    const inner = String(resolvedInner(expression, path));
    const variable = inner.match(/^oc\.env:([A-Za-z_][A-Za-z0-9_]*)\s*(?:,(.*))?$/s);
    if (variable !== null) {
      const [, name, otherwise] = variable;
      const text = environment(name) ?? otherwise;
      if (text === undefined) {
        throw fault(
          RangeError,
          `Cannot resolve ${path}: the environment variable ${name} is not set and "\${${expression}}" gives no default`,
        );
      }
      return environment(name) === undefined ? parseValue(text) : asText(text);
    }
    return lookUp(inner, path);
  }

  // Expressions inside an expression come first: ${oc.env:DATA,${oc.env:HOME}/data}.
  function resolvedInner(expression: string, path: string): unknown {
    let inner = expression;
    for (let found = findExpression(inner); found !== undefined; found = findExpression(inner)) {
      const value = evaluated(inner.slice(found.start + 2, found.end - 1), path);
      inner = `${inner.slice(0, found.start)}${value}${inner.slice(found.end)}`;
      requireLength(inner, path);
    }
    return inner;
  }

  function lookUp(reference: string, path: string): unknown {
    let value: unknown = tree;
    for (const key of reference.split(".")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
        throw fault(
          RangeError,
          `Cannot resolve ${path}: "\${${reference}}" names no setting; write \${section.key} or \${oc.env:NAME,"default"}`,
        );
      }
      value = (value as Record<string, unknown>)[key];
    }
    const found = resolved(value, reference);
    if (typeof found === "object" && found !== null) replacements += sizeOf(found);
    if (replacements > MOST_REPLACEMENTS) {
      throw refused(path, `the settings take over ${MOST_REPLACEMENTS} replacements`);
    }
    return structuredClone(found);
  }

  for (const [section, value] of Object.entries(tree)) tree[section] = resolved(value, section);
}

/** Whether a value holds a `${...}` that `interpolate` would replace. */
export function hasExpression(value: unknown): boolean {
  return typeof value === "string" && findExpression(value) !== undefined;
}

function refused(path: string, found: string): Error {
  return fault(RangeError, `Cannot resolve ${path}: ${found}; write the value itself`);
}

/** Values in a tree. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 1);
}

interface Span {
  start: number;
  end: number;
}

/** The first `${...}` of a text from a place on with its braces balanced: [start, end). */
function findExpression(text: string, from = 0): Span | undefined {
  const start = text.indexOf("${", from);
  if (start < 0) return undefined;
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "{") {
      if (++depth > DEEPEST) {
        throw fault(
          SyntaxError,
          `Cannot resolve "${begun(text)}": braces nested over ${DEEPEST} deep`,
        );
      }
    } else if (text[at] === "}" && --depth === 0) return { start, end: at + 1 };
  }
  throw fault(SyntaxError, `Cannot resolve "${begun(text)}": "\${" lacks its "}"`);
}

function begun(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

// A variable holds text; numbers and true/false are what settings of that type need.
function asText(text: string): unknown {
  const value = /^[[{"']/.test(text) ? text : parseValue(text);
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
