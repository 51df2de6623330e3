/**
 * Settings that stand for several values, in Hydra's grammar.
 *
 *     trainer.seed=0..4                       whole numbers, both ends with them: 0 1 2 3 4
 *     runner.optimizer.lr=1e-4,1e-3           a list; as choice(1e-4,1e-3)
 *     runner.head.k=range(1,8,2)              1 3 5 7, the end excluded; as range(8), range(1,8)
 *     runner.optimizer.lr=interval(1e-5,1e-2) drawn by a random search; loguniform(1e-5,1e-2), or
 *                                             tag(log,interval(1e-5,1e-2)), evenly in the logarithm
 *
 * A comma in quotes or brackets separates nothing: `data.classes='a,b'`, `[1,2],[3,4]` are one text
 * and two lists.
 */

import { fault } from "../fault.ts";

/** Values between two ends. */
export interface Interval {
  low: number;
  high: number;
  /** Evenly in the logarithm. */
  log: boolean;
  /** Whole numbers alone, both ends with them: where both are written as such. */
  whole: boolean;
}

/** A setting with all that it stands for. */
export interface Sweep {
  /** As typed. */
  text: string;
  /** What stands before the "=", with "+" or "++". */
  key: string;
  /**
   * Texts of the values, as overrides have them, none where the setting has no value; or the ends
   * between which they are drawn.
   */
  values: string[] | Interval;
}

const FUNCTION = /^(choice|range|interval|loguniform|tag|glob|sort|shuffle)\((.*)\)$/s;
const WHOLE = /^[+-]?\d+$/;
/** More values of one setting are a slip of a number. */
const MOST = 100_000;

/**
 * What a setting stands for; one with a single value has one.
 *
 * @throws fault: a bracket or quote without its end; a function that does not exist or cannot be
 */
export function parseSweep(text: string): Sweep {
  const equals = text.indexOf("=");
  if (equals < 0 || text.startsWith("~")) return { text, key: text, values: [] };
  const refused = (reason: string) =>
    fault(
      SyntaxError,
      `Cannot read the values of "${text}": ${reason}; values are such as 1,2,3, 0..4, range(0,10,2), choice(a,b) or, with --random, interval(0.1,0.9)`,
    );
  const key = text.slice(0, equals);
  const parts = splitOutside(text.slice(equals + 1), ",", refused);
  const read = parts.map((part) => valuesOf(part.trim(), refused));
  const [first] = read;
  if (read.length === 1 && !Array.isArray(first)) return { text, key, values: first };
  const values = read.flatMap((some) => {
    if (!Array.isArray(some)) throw refused("an interval stands alone");
    if (read.length > 1 && some[0] === "") throw refused("there is nothing beside a comma");
    return some;
  });
  if (values.length > MOST) throw refused(`they are ${values.length}, at most ${MOST} can be`);
  return { text, key, values };
}

/** Whether a setting was written as one of several values, even where these are one. */
export function isSwept({ text, key, values }: Sweep): boolean {
  return !Array.isArray(values) || values.length > 1 ||
    (values.length === 1 && values[0] !== text.slice(key.length + 1).trim());
}

/**
 * Splits a text where a character stands outside of quotes and brackets.
 *
 * @param refused the error for a bracket or quote without its end
 */
export function splitOutside(
  text: string,
  separator: string,
  refused: (reason: string) => Error,
): string[] {
  const parts: string[] = [];
  const open: string[] = [];
  let from = 0;
  let opens = true; // a quote begins a value, and is an apostrophe within one
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if ((char === '"' || char === "'") && opens) {
      at = endOfQuote(text, at, refused);
      opens = false;
    } else if (char === separator && open.length === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
      opens = true;
    } else {
      const end = { "[": "]", "{": "}", "(": ")" }[char];
      if (end !== undefined) open.push(end);
      else if (char === open.at(-1)) open.pop();
      if (char !== " ") opens = "[{(,:=".includes(char);
    }
  }
  if (open.length > 0) throw refused(`a ${open.at(-1)} is missing`);
  return [...parts, text.slice(from)];
}

function endOfQuote(text: string, from: number, refused: (reason: string) => Error): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[from]) return at;
  }
  throw refused(`${text.slice(from)} lacks its closing ${text[from]}`);
}

function valuesOf(part: string, refused: (reason: string) => Error): string[] | Interval {
  const [, from, to] = /^([+-]?\d+)\.\.([+-]?\d+)$/.exec(part) ?? [];
  if (to !== undefined) return steps(Number(from), Number(to), 1, true, refused);
  const [, name, inside] = FUNCTION.exec(part) ?? [];
  if (name === undefined) return [part];
  const given = splitOutside(inside, ",", refused).map((value) => value.trim());
  if (given.some((value) => value === "")) throw refused(`${name}() lacks a value`);
  if (name === "choice") {
    return given.flatMap((value) => {
      const some = valuesOf(value, refused);
      if (Array.isArray(some)) return some;
      throw refused("an interval stands alone");
    });
  }
  if (name === "tag") {
    const [tag, interval, ...more] = given;
    const found = interval === undefined ? null : valuesOf(interval, refused);
    if (tag !== "log" || more.length > 0 || found === null || Array.isArray(found)) {
      throw refused("of tags there is tag(log,interval(low,high)) alone");
    }
    return checkedInterval({ ...found, log: true }, refused);
  }
  if (["glob", "sort", "shuffle"].includes(name)) throw refused(`there is no ${name}() here`);
  const numbers = given.map((value) => {
    if (value !== "" && Number.isFinite(Number(value))) return Number(value);
    throw refused(`"${value}" is not a number`);
  });
  if (name === "range") {
    if (numbers.length > 3) throw refused("range() takes start, stop and step");
    const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
    return steps(start, stop, step, false, refused);
  }
  const [low, high, ...more] = numbers;
  if (high === undefined || more.length > 0) throw refused(`${name}() takes two ends`);
  const whole = given.every((value) => WHOLE.test(value));
  return checkedInterval({ low, high, log: name === "loguniform", whole }, refused);
}

function checkedInterval(interval: Interval, refused: (reason: string) => Error): Interval {
  const { low, high, log } = interval;
  if (!(low < high)) throw refused(`the interval ends at ${high}, before ${low}`);
  if (log && low <= 0) throw refused(`the logarithm of ${low} does not exist`);
  return interval;
}

function steps(
  start: number,
  stop: number,
  step: number,
  withEnd: boolean,
  refused: (reason: string) => Error,
): string[] {
  if (step === 0) throw refused("the step is 0");
  const count = withEnd ? Math.floor((stop - start) / step) + 1 : Math.ceil((stop - start) / step);
  if (!(count > 0)) throw refused("the range is empty");
  if (count > MOST) throw refused(`they are ${count}, at most ${MOST} can be`);
  // 0.1 + 2 * 0.1 is 0.30000000000000004, and nobody means that.
  return Array.from(
    { length: count },
    (_, i) => String(Number((start + i * step).toPrecision(12))),
  );
}
