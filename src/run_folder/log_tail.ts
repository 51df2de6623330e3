/** log.jsonl as it grows: each look reads what was added since the last one. */

import { statSync } from "node:fs";
import { InputFile } from "../io/read_file.ts";
import { type LogLine, logLineOf } from "./log.ts";

/** Bytes that are read at a time. */
const PIECE = 8 * 2 ** 20;
const LINE_END = "\n".charCodeAt(0);

export class LogTail {
  readonly lines: LogLine[] = [];
  #read = 0;
  #file: number | null = null;

  constructor(readonly path: string) {}

  /**
   * Reads the whole lines that were added; half a line at the end waits until it is whole. Where
   * the file was replaced, as by a resume, it is read anew; where it is gone, no lines are left.
   *
   * @returns whether `lines` have changed
   */
  async look(): Promise<boolean> {
    const entry = statSync(this.path, { throwIfNoEntry: false });
    const before = this.lines.length;
    if (!entry || entry.ino !== this.#file || entry.size < this.#read) {
      this.lines.length = 0;
      this.#read = 0;
      this.#file = entry?.ino ?? null;
    }
    if (!entry || entry.size === this.#read) return before !== this.lines.length;
    using file = await InputFile.open(this.path);
    for (let end = 0; this.#read < file.size && end >= 0;) {
      const bytes = await file.read(this.#read, Math.min(PIECE, file.size - this.#read));
      end = bytes.lastIndexOf(LINE_END);
      const text = new TextDecoder().decode(bytes.subarray(0, end + 1));
      for (const line of text.split("\n").slice(0, -1)) {
        const read = logLineOf(line);
        if (read !== null) this.lines.push(read);
      }
      this.#read += end + 1;
    }
    return true;
  }
}
