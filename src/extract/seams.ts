/**
 * The borders between pieces of a video: the frames behind each are given by the decoder that comes
 * from before it and by the one that begins there, and both must give the same.
 */

import { createHash } from "node:crypto";
import type { RgbFrame } from "../video/decode_frames.ts";
import { type Run, SEAM_FRAMES } from "./decoding_plan.ts";
import type { KeptPieces } from "./kept_pieces.ts";

/** Of one run of neighbouring pieces: writes each down when the frames behind it were seen. */
export class SeamsOfRun {
  readonly #run: Run;
  readonly #piece: number;
  readonly #kept: KeptPieces;
  /** Of the piece before the last border that was met. */
  #before: string[] = [];
  /** Of the frames behind that border. */
  #behind: string[] = [];

  /** @param piece frames of a piece */
  constructor(run: Run, piece: number, kept: KeptPieces) {
    this.#run = run;
    this.#piece = piece;
    this.#kept = kept;
  }

  /** Is shown every frame, before anything is made of it: all of those before it are done. */
  async see(frame: number, decoded: RgbFrame): Promise<void> {
    const place = frame % this.#piece;
    if (place >= SEAM_FRAMES) return;
    if (place === 0) {
      this.#before = this.#behind;
      this.#behind = [];
    }
    this.#behind.push(digestOf(decoded));
    if (place === SEAM_FRAMES - 1) await this.#passed(frame);
  }

  /** Once all rows are there, with the number of the last frame that came, and one. */
  async finish(frames: number): Promise<void> {
    const place = (frames - 1) % this.#piece;
    if (place < SEAM_FRAMES - 1) await this.#passed(frames - 1);
    if (this.#run.end !== null || frames === 0) return;
    const last = Math.floor((frames - 1) / this.#piece);
    await this.#kept.passed(last, { head: this.#behind, tail: [] });
  }

  /** The piece before that of a frame is done. */
  async #passed(frame: number): Promise<void> {
    const piece = Math.floor(frame / this.#piece) - 1;
    if (piece * this.#piece < this.#run.first) return;
    await this.#kept.passed(piece, { head: this.#before, tail: this.#behind });
  }
}

/** Of size and colours. */
function digestOf({ width, height, data }: RgbFrame): string {
  return createHash("sha1").update(`${width} ${height} `).update(data).digest("base64");
}
