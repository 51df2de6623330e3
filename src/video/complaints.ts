/** What ffmpeg and ffprobe complain of, and how they end, for messages. */

import { fault } from "../fault.ts";
import { fileUrl } from "./media_tools.ts";

/** The first complaint, without addresses, and without the path that our message names already. */
export function firstLine(complaints: string, path: string): string {
  return complaints.split("\n")[0].replace(/^\[([^\]]*?)( @ 0x[0-9a-f]+)?\]/, "$1:")
    .replace(`${fileUrl(path)}: `, "").trim();
}

/**
 * A program that somebody ended has said nothing of its file: what it gave is no part of a result.
 *
 * @param program the beginning of the message, such as `Cannot decode "a.mp4": ffmpeg`
 * @param given what it gave before, in words
 * @throws {Error} a fault: a signal ended it
 */
export function requireNotKilled(signal: string | null, program: string, given: string): void {
  if (signal === null) return;
  throw fault(
    Error,
    `${program} was ended by ${signal} after ${given}; run the same command again, and if memory ran out (the system ends programs then) with fewer --decoders`,
  );
}
