// @ts-check
/**
 * A thread that counts the sha256 of stretches of a file (file_digest.ts starts it from this text):
 * it reads the file itself, a piece at a time, and answers null where it cannot. It imports nothing
 * but what the runtime has, and is JavaScript, because a compiled executable has nothing that could
 * translate TypeScript.
 *
 * @typedef {object} Start
 * @property {string} path
 * @property {Uint8Array<ArrayBuffer>} head bytes that count before those of the file
 * @property {[offset: number, length: number][]} stretches
 */

import { createHash } from "node:crypto";

/** Small enough for the cache of a core, which then reads the bytes from there. */
const PIECE_BYTES = 1 << 20;

/** @type {{ onmessage(event: MessageEvent<Start>): void, postMessage(digest: string | null): void }} */
const scope = /** @type {any} */ (globalThis);

scope.onmessage = ({ data }) => {
  let digest = null;
  try {
    digest = digestOf(data);
  } catch {
    // whoever asked counts it itself, and says what is wrong with the file
  }
  scope.postMessage(digest);
};

/** @param {Start} start */
function digestOf({ path, head, stretches }) {
  using file = Deno.openSync(path);
  const hash = createHash("sha256").update(head);
  const piece = new Uint8Array(PIECE_BYTES);
  for (const [offset, length] of stretches) {
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let left = length; left > 0;) {
      const read = file.readSync(piece.subarray(0, Math.min(left, PIECE_BYTES)));
      if (read === null) return null;
      hash.update(piece.subarray(0, read));
      left -= read;
    }
  }
  return hash.digest("hex");
}
