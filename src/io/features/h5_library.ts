/**
 * The HDF5 library, one instance of it at a time. An error leaves it in the middle of its work: it
 * keeps what it held of the file, its handle too, and its own state as it stood; a trap spoils its
 * memory. So no file is read by an instance that failed at another: the next one gets a new one.
 */

import type { File } from "h5wasm/node";
import { fault, isFault } from "../../fault.ts";

/** What of an instance is used here; its files read and call it through one and the same object. */
interface Instance {
  activate_throwing_error_handler(): void;
  FS: { streams: ({ fd: number } | null)[]; close(stream: { fd: number }): void };
}
type Factory = (start: { noInitialRun: boolean }) => Promise<Instance>;

/** The file at which the present instance failed. */
let failedAt: string | null = null;
let renewal: Promise<void> | null = null;

/**
 * Does some work with a file, and closes it.
 *
 * @throws {SyntaxError} a fault: the file is damaged
 * @throws {Error} a fault: the library does not start again
 */
export async function withH5File<T>(path: string, work: (file: File) => T): Promise<T> {
  const { File, ready } = await import("h5wasm/node");
  const instance = await ready as unknown as Instance;
  // Others that waited for the same renewal may have met a damaged file since.
  while (failedAt !== null) {
    await (renewal ??= renew(instance, path, failedAt).finally(() => renewal = null));
  }
  // Without it, what is wrong is printed and work goes on.
  instance.activate_throwing_error_handler();
  let file: File | null = null;
  try {
    file = new File(path, "r");
    return work(file);
  } catch (error) {
    if (isFault(error)) throw error;
    failedAt = path;
    throw refusedH5(path, `it is a damaged HDF5 file (${reasonOf(error)})`, error);
  } finally {
    try {
      if (failedAt === null) file?.close();
    } catch {
      failedAt = path;
    }
  }
}

/** The refusal of a file, with what to do about it. */
export function refusedH5(path: string, problem: string, cause?: unknown): Error {
  return fault(
    SyntaxError,
    `Cannot read "${path}": ${problem}; copy or download it again, or save the features as .npy`,
    { cause },
  );
}

/**
 * Puts a new instance below the object through which the library's classes call theirs. They take
 * it from one variable, which no export sets; its factory lies beside them (h5wasm 0.10.3).
 */
async function renew(instance: Instance, path: string, failed: string): Promise<void> {
  try {
    for (const stream of instance.FS.streams) {
      // The first three are the process's own.
      if (stream && stream.fd > 2) instance.FS.close(stream);
    }
    const beside = new URL("hdf5_util.js", import.meta.resolve("h5wasm/node")).href;
    const { default: start } = await import(beside) as { default: Factory };
    const next = await start({ noInitialRun: true });
    for (const key of Reflect.ownKeys(instance)) Reflect.deleteProperty(instance, key);
    // Looked up at each use: its views of memory are others when that has grown.
    Object.setPrototypeOf(instance, next);
    failedAt = null;
  } catch (error) {
    throw fault(
      Error,
      `Cannot read "${path}": the HDF5 library failed at "${failed}" and does not start again (${
        (error as Error).message
      }); run again without that file`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  // A trap, the library's own abort, or a stack that is full.
  if (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof RangeError && error.message.includes("call stack")
  ) return "the library broke down while it read it";
  return String((error as Error).message ?? error).split("\n")
    .findLast((line) => /#\d+:/.test(line))?.replace(/^.*\): /, "") ?? "its structure is damaged";
}
