/** The sha256 of files of any size, read piece by piece. */

import { createHash } from "node:crypto";
import { InputFile } from "./read_file.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 1 << 20;

/**
 * In hexadecimal digits.
 *
 * @throws {Error} a fault: the file is missing, not a plain file, or cannot be read
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await InputFile.open(path);
  const piece = new Uint8Array(Math.min(PIECE_BYTES, file.size));
  for (let at = 0; at < file.size; at += piece.length) {
    const part = piece.subarray(0, file.size - at);
    await file.readInto(at, part);
    hash.update(part);
  }
  return hash.digest("hex");
}
