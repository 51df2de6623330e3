/**
 * `${...}` in values: `${data.seed}` is the value of another key, `${oc.env:NAME}` an environment
 * variable, `${oc.env:NAME,"default"}` the same with a default; both may stand inside each other.
 */

import { fault } from "../fault.ts";
import { parseValue } from "./override_grammar.ts";

export type Environment = (name: string) => string | undefined;

/**
 * Replaces every `${...}` of the tree. A value that is nothing but one `${...}` takes the type of
 * what it stands for; within other text it becomes text.
 *
 * @throws {RangeError} a key or a variable that is not there, or keys that refer to each other in a circle
 */
export function interpolate(tree: Record<string, unknown>, environment: Environment): void {
  const open = new Set<string>();

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
    open.add(path);
    const { start, end } = found;
    const value = evaluated(text.slice(start + 2, end - 1), path);
    open.delete(path);
    if (start === 0 && end === text.length) return value;
    const rest = resolvedText(text.slice(end), path);
    return `${text.slice(0, start)}${value}${rest}`;
  }

  function evaluated(expression: string, path: string): unknown {
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
    const found = findExpression(expression);
    if (found === undefined) return expression;
    const value = evaluated(expression.slice(found.start + 2, found.end - 1), path);
    return resolvedInner(
      `${expression.slice(0, found.start)}${value}${expression.slice(found.end)}`,
      path,
    );
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
    return structuredClone(resolved(value, reference));
  }

  for (const [section, value] of Object.entries(tree)) tree[section] = resolved(value, section);
}

/** Whether a value holds a `${...}` that `interpolate` would replace. */
export function hasExpression(value: unknown): boolean {
  return typeof value === "string" && findExpression(value) !== undefined;
}

/** The first `${...}` of a text with its braces balanced: [start, end). */
function findExpression(text: string): { start: number; end: number } | undefined {
  const start = text.indexOf("${");
  if (start < 0) return undefined;
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return { start, end: at + 1 };
  }
  throw fault(SyntaxError, `Cannot resolve "${text}": "\${" lacks its "}"`);
}

// A variable holds text; numbers and true/false are what settings of that type need.
function asText(text: string): unknown {
  const value = /^[[{"']/.test(text) ? text : parseValue(text);
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
