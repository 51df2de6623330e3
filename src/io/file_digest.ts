/**
 * The sha256 of a file, counted on a thread of its own while the main thread goes on: of a
 * checkpoint of 400 MB it takes as long as reading it.
 */

import workerText from "./digest_worker.js" with { type: "text" };

/** Bytes of a file, behind others that are not in it. */
export interface DigestedBytes {
  path: string;
  head: Uint8Array<ArrayBuffer>;
  /** In the order in which they count: offset and length. */
  stretches: [offset: number, length: number][];
}

/** Fewer bytes are counted before a thread has started. */
export const WORTH_A_THREAD = 2 ** 25;

/**
 * The digest in hexadecimal digits; null where there are too few bytes for a thread, where none is
 * to be had, or where it may not read the file or finds it too short. The file is read anew, so
 * another one may lie at the path by then.
 *
 * @param worthAThread bytes from which a thread is started
 * @param worker text of the worker, for tests of what happens when it dies
 */
export function digestBeside(
  bytes: DigestedBytes,
  worthAThread = WORTH_A_THREAD,
  worker = workerText,
): Promise<string | null> {
  const length = bytes.stretches.reduce((sum, [, length]) => sum + length, 0);
  if (length < worthAThread || typeof Worker === "undefined") return Promise.resolve(null);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const source = `data:application/javascript,${encodeURIComponent(worker)}`;
  const thread = new Worker(source, { type: "module", name: "wsvad digest" });
  thread.onmessage = ({ data }) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    resolve(null);
  };
  thread.postMessage(bytes);
  return promise.finally(() => thread.terminate());
}
