/**
 * Stands in for `jsr:@std/assert`, which the npm registry does not carry: the same names and
 * argument order on top of `node:assert/strict`. To switch, change one line of the import map in
 * deno.json.
 *
 * It differs in the text of failures, and in that prototypes are compared too: a null-prototype
 * object is not equal to a literal.
 */

import strict from "node:assert/strict";

export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- as in @std/assert: constructors of any arguments
type Class<T = unknown> = abstract new (...args: any[]) => T;

function withNote(problem: string, note?: string): AssertionError {
  return new AssertionError(note === undefined ? problem : `${problem}: ${note}`);
}

/** Asserts that the expression is truthy. */
export function assert(expression: unknown, note = ""): asserts expression {
  if (!expression) throw new AssertionError(note || "expected a truthy value");
}

/**
 * Asserts deep equality; typed arrays by kind and elements, NaN equal to NaN, 0 not equal to -0.
 */
export function assertEquals<T>(actual: T, expected: T, note?: string): void {
  try {
    strict.deepStrictEqual(actual, expected);
  } catch (error) {
    throw withNote((error as Error).message, note);
  }
}

/** Asserts |actual - expected| <= tolerance; by default 1e-7 of the expected value. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  note?: string,
): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const difference = Math.abs(actual - expected);
  // NaN fails every comparison, so ask for what must hold.
  if (difference <= limit) return;
  throw withNote(`expected ${actual} to be within ${limit} of ${expected}`, note);
}

function checkError<E extends Error>(
  error: unknown,
  kind: Class<E> | undefined,
  includes: string | undefined,
  note: string | undefined,
): void {
  if (!(error instanceof Error)) {
    throw withNote(`expected an Error to be thrown, found ${String(error)}`, note);
  }
  if (kind !== undefined && !(error instanceof kind)) {
    throw withNote(
      `expected ${kind.name}, found ${error.constructor.name}: ${error.message}`,
      note,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    throw withNote(
      `expected the error's message to include "${includes}", found "${error.message}"`,
      note,
    );
  }
}

/**
 * Asserts that the function throws, optionally an error of a class whose message includes a text.
 */
export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  kind?: Class<E>,
  includes?: string,
  note?: string,
): E {
  try {
    run();
  } catch (error) {
    checkError(error, kind, includes, note);
    return error as E;
  }
  throw withNote("expected the function to throw", note);
}

/** As {@link assertThrows}, for a function that returns a promise. */
export async function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  kind?: Class<E>,
  includes?: string,
  note?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = run();
  } catch (error) {
    throw withNote(`expected a rejection, the function threw at once: ${String(error)}`, note);
  }
  try {
    await promise;
  } catch (error) {
    checkError(error, kind, includes, note);
    return error as E;
  }
  throw withNote("expected the promise to be rejected", note);
}

/** Asserts that the text includes the expected part. */
export function assertStringIncludes(actual: string, expected: string, note?: string): void {
  if (!actual.includes(expected)) {
    throw withNote(`expected "${actual}" to include "${expected}"`, note);
  }
}

/** Asserts that the text matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, note?: string): void {
  if (!expected.test(actual)) throw withNote(`expected "${actual}" to match ${expected}`, note);
}

/** Asserts that the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  kind: Class<T>,
  note?: string,
): asserts actual is T {
  if (!(actual instanceof kind)) {
    throw withNote(`expected an instance of ${kind.name}, found ${String(actual)}`, note);
  }
}
