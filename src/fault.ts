/**
 * Faults: errors that the user can mend. `main.ts` prints their message alone and exits with 1;
 * every other error is ours: it is printed with its stack and exits with 2.
 *
 * The class says the kind, as everywhere in this code: `RangeError` a value, `TypeError` a shape or
 * a kind, `SyntaxError` an unreadable text or file, `Error` what fits none of them. The message
 * says what was attempted, where, what was found and what to do, without a period at its end.
 */

const faults = new WeakSet<Error>();

type ErrorClass = new (message: string, options?: ErrorOptions) => Error;

/**
 * Makes an error of the given class that is known as the user's fault.
 *
 * @example
 * throw fault(RangeError, `Cannot read "a.npy": expected D = 2048, found 1024`);
 */
export function fault(kind: ErrorClass, message: string, options?: ErrorOptions): Error {
  const error = new kind(message, options);
  faults.add(error);
  return error;
}

/** Whether the error was made by {@link fault}. */
export function isFault(error: unknown): error is Error {
  return error instanceof Error && faults.has(error);
}
