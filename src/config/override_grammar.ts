/**
 * The grammar of `key=value` on the command line, a subset of Hydra's.
 *
 *     data=ucf_crime_i3d          a file of the group
 *     runner.head.k=3             sets an existing key
 *     +runner.loss.sparsity.weight=8e-3 adds a new one ++a.b=1 sets or adds ~a.b removes
 *
 * Values: null, true, false, whole numbers, numbers (`1e-4`), quoted text, lists `[1,2]`, mappings
 * `{a:1}`; anything else is text. `${...}` is left in place for `interpolate.ts`.
 */

import { fault } from "../fault.ts";

export interface Override {
  /** As typed, for messages. */
  text: string;
  action: "set" | "add" | "force" | "remove";
  path: string[];
  /** Undefined for "remove". */
  value: unknown;
}

const KEY = /^[A-Za-z0-9_-]+$/;

/**
 * Reads one override.
 *
 * @throws {SyntaxError} not of the grammar; the message shows the place
 */
export function parseOverride(text: string): Override {
  const [, prefix, rest] = text.match(/^(~|\+\+|\+|)(.*)$/s)!;
  const equals = rest.indexOf("=");
  const keyText = equals < 0 ? rest : rest.slice(0, equals);
  const path = keyText.split(".");
  if (!path.every((key) => KEY.test(key) && key !== "__proto__")) {
    throw malformed(text, `"${keyText}" is not a key; keys look like runner.head.k`);
  }
  if (prefix === "~") {
    if (equals >= 0) throw malformed(text, `~key removes a key and takes no value`);
    return { text, action: "remove", path, value: undefined };
  }
  if (equals < 0) throw malformed(text, "there is no ="); // a bare word is no override
  const action = prefix === "++" ? "force" : prefix === "+" ? "add" : "set";
  try {
    return { text, action, path, value: parseValue(rest.slice(equals + 1)) };
  } catch (error) {
    throw error instanceof ValueError ? malformed(text, error.message) : error;
  }
}

function malformed(text: string, reason: string): Error {
  return fault(
    SyntaxError,
    `Cannot read the setting "${text}": ${reason}; settings are key=value, for example trainer.max_steps=300`,
  );
}

class ValueError extends Error {}

/**
 * The value that a text stands for in an override.
 *
 * @throws {ValueError} a bracket or quote without its end, or text after it
 */
export function parseValue(text: string): unknown {
  const cursor = new Cursor(text.trim());
  const value = cursor.value("");
  if (!cursor.atEnd) throw new ValueError(`unexpected text from "${cursor.rest}" on`);
  return value;
}

const INTEGER = /^[+-]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)$/;
const FLOAT = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

function plainValue(text: string): unknown {
  if (text === "null" || text === "~") return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (INTEGER.test(text) || FLOAT.test(text)) return Number(text);
  return text;
}

const DEEPEST = 20;

class Cursor {
  #at = 0;
  #depth = 0;
  constructor(readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  get rest(): string {
    return this.text.slice(this.#at);
  }

  /** Reads a value up to one of the characters of `ends`, or to the end of the text. */
  value(ends: string): unknown {
    this.#skipSpace();
    const first = this.text[this.#at];
    if (first === "[") return this.#list();
    if (first === "{") return this.#mapping();
    if (first === '"' || first === "'") return this.#quoted(first);
    return plainValue(this.#plain(ends));
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    this.#inside("]", () => items.push(this.value(",]")));
    return items;
  }

  #mapping(): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    this.#inside("}", () => {
      this.#skipSpace();
      const first = this.text[this.#at];
      const key = first === '"' || first === "'" ? this.#quoted(first) : this.#plain(":,}");
      if (!KEY.test(key) || key === "__proto__") throw new ValueError(`"${key}" is not a key`);
      if (Object.hasOwn(entries, key)) throw new ValueError(`"${key}" stands twice`);
      this.#skipSpace();
      if (this.text[this.#at] !== ":") throw new ValueError(`"${key}" lacks its ": value"`);
      this.#at++;
      entries[key] = this.value(",}");
    });
    return entries;
  }

  /** Reads the parts of a bracket, separated by commas, from its opening to its end. */
  #inside(end: "]" | "}", part: () => void): void {
    const from = this.#at;
    if (++this.#depth > DEEPEST) throw new ValueError(`brackets nested over ${DEEPEST} deep`);
    this.#at++;
    this.#skipSpace();
    while (this.text[this.#at] !== end) {
      part();
      this.#skipSpace();
      const next = this.text[this.#at];
      if (next === ",") this.#at++;
      else if (next !== end) {
        throw new ValueError(
          next === undefined
            ? `"${this.text.slice(from)}" lacks its ${end}`
            : `expected , or ${end} before "${this.rest}"`,
        );
      }
      this.#skipSpace();
    }
    this.#at++;
    this.#depth--;
  }

  #quoted(quote: string): string {
    const from = this.#at++;
    let read = "";
    while (this.text[this.#at] !== quote) {
      if (this.atEnd) throw new ValueError(`${this.text.slice(from)} lacks its closing ${quote}`);
      if (this.text[this.#at] === "\\" && [quote, "\\"].includes(this.text[this.#at + 1])) {
        this.#at++;
      }
      read += this.text[this.#at++];
    }
    this.#at++;
    return read;
  }

  /** Text up to one of the ends; `${...}` counts as one word, whatever it holds. */
  #plain(ends: string): string {
    const from = this.#at;
    while (!this.atEnd && !ends.includes(this.text[this.#at])) {
      this.#at = this.text.startsWith("${", this.#at) ? this.#afterBraces() : this.#at + 1;
    }
    return this.text.slice(from, this.#at).trim();
  }

  #afterBraces(): number {
    let depth = 0;
    for (let at = this.#at; at < this.text.length; at++) {
      if (this.text[at] === "{") depth++;
      else if (this.text[at] === "}" && --depth === 0) return at + 1;
    }
    throw new ValueError(`"${this.rest}" lacks its }`);
  }

  #skipSpace(): void {
    while (this.text[this.#at] === " " || this.text[this.#at] === "\t") this.#at++;
  }
}
