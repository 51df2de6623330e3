/** The sha256 of files of any size, read piece by piece. */

import { createHash } from "node:crypto";
import { fileFault } from "./file_system.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 1 << 20;

/**
 * In hexadecimal digits.
 *
 * @throws {Error} a fault: the file is missing, or cannot be read
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path);
    const piece = new Uint8Array(PIECE_BYTES);
    for (let n = await file.read(piece); n !== null; n = await file.read(piece)) {
      hash.update(piece.subarray(0, n));
    }
  } catch (error) {
    throw fileFault(error, `Cannot read "${path}"`);
  }
  return hash.digest("hex");
}
