/**
 * Conditions on runs, as `wsvad runs --filter` has them: `runner=rtfm and roc_auc > 0.8`. They
 * become SQL whose values are parameters, never text.
 */

import { fault } from "../fault.ts";
import { RUN_COLUMNS } from "./run_store.ts";

export interface Condition {
  sql: string;
  values: (string | number)[];
}

type Token = { kind: "word" | "text" | "operator" | "bracket"; text: string; at: number };

const TOKEN = /\s*(?:(<=|>=|!=|=|<|>|~)|([()])|"([^"]*)"|'([^']*)'|([^\s()=<>!~"']+))/y;

/**
 * Reads a condition: comparisons of a column, a metric or a setting by its full key (`=`, `!=`,
 * `<`, `<=`, `>`, `>=`, `~` for "holds"), joined by `and`, `or`, `not` and brackets.
 *
 * @throws {SyntaxError} a fault that says where
 */
export function parseCondition(text: string): Condition {
  const tokens = tokensOf(text);
  let next = 0;
  const refuse = (expected: string) => {
    const found = tokens[next];
    const place = found === undefined ? "the end" : `"${found.text}" at column ${found.at + 1}`;
    return fault(
      SyntaxError,
      `Cannot read the filter "${text}": expected ${expected}, found ${place}`,
    );
  };
  const isWord = (word: string) =>
    tokens[next]?.kind === "word" && tokens[next].text.toLowerCase() === word;
  const take = (): Token => tokens[next++];

  function either(): Condition {
    return joined("or", both);
  }
  function both(): Condition {
    return joined("and", single);
  }
  function joined(word: string, part: () => Condition): Condition {
    let found = part();
    while (isWord(word)) {
      take();
      const other = part();
      found = {
        sql: `(${found.sql} ${word.toUpperCase()} ${other.sql})`,
        values: [...found.values, ...other.values],
      };
    }
    return found;
  }
  function single(): Condition {
    if (isWord("not")) {
      take();
      const { sql, values } = single();
      return { sql: `NOT ${sql}`, values };
    }
    if (tokens[next]?.text === "(" && tokens[next].kind === "bracket") {
      take();
      const found = either();
      if (tokens[next]?.text !== ")") throw refuse(`")"`);
      take();
      return found;
    }
    return comparison();
  }
  function comparison(): Condition {
    if (tokens[next]?.kind !== "word") throw refuse("a column, a metric or a setting");
    const key = take().text;
    if (tokens[next]?.kind !== "operator") throw refuse("one of = != < <= > >= ~");
    const operator = take().text;
    const value = tokens[next];
    if (value === undefined || (value.kind !== "word" && value.kind !== "text")) {
      throw refuse("a value");
    }
    take();
    return compared(key, operator, value);
  }

  const found = either();
  if (next < tokens.length) throw refuse("and, or, or the end");
  return found;
}

function compared(key: string, operator: string, { kind, text }: Token): Condition {
  const place = placeOf(key);
  const number = Number(text);
  if (operator === "~") {
    return { sql: `instr(lower(${place.sql}), lower(?)) > 0`, values: [...place.values, text] };
  }
  if (kind === "word" && text !== "" && Number.isFinite(number)) {
    // A setting is a text; what is no number is no match, not 0.
    const sql = place.setting
      ? `(${place.sql} GLOB '*[0-9]*' AND CAST(${place.sql} AS REAL) ${operator} ?)`
      : `${place.sql} ${operator} ?`;
    const values = place.setting ? [...place.values, ...place.values] : place.values;
    return { sql, values: [...values, number] };
  }
  return { sql: `${place.sql} ${operator} ?`, values: [...place.values, text] };
}

function placeOf(key: string): Condition & { setting: boolean } {
  if ((RUN_COLUMNS as readonly string[]).includes(key)) {
    return { sql: key, values: [], setting: false };
  }
  const setting = key.includes(".");
  const path = `$."${key.replaceAll(/["\\]/g, "")}"`;
  return {
    sql: `json_extract(${setting ? "settings" : "metrics"}, ?)`,
    values: [path],
    setting,
  };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      throw fault(
        SyntaxError,
        `Cannot read the filter "${text}": a quote is open at column ${start + 1}`,
      );
    }
    const [whole, operator, bracket, double, single, word] = found;
    const at = start + whole.length - whole.trimStart().length;
    if (operator !== undefined) tokens.push({ kind: "operator", text: operator, at });
    else if (bracket !== undefined) tokens.push({ kind: "bracket", text: bracket, at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else tokens.push({ kind: "text", text: double ?? single, at });
  }
  return tokens;
}
