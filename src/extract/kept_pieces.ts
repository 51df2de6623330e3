/**
 * The pieces of a video whose features are made by now, in a folder that another run of the same
 * command goes on with: a file with their rows, and a record of which there are.
 */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../io/atomic_write.ts";
import { fileFault } from "../io/file_system.ts";
import { inPassingFolder, leavePassingFolder } from "../io/passing_folder.ts";
import { type FeatureRows, RowsInFile, RowsInMemory } from "./feature_rows.ts";

/** The folder of a folder of features in which they lie until a video is done. */
export const PIECES_FOLDER = ".pieces";

/** Digests of the first frames of a piece, and of those behind it, as its decoder gave them. */
const seamSchema = z.object({ head: z.array(z.string()), tail: z.array(z.string()) });

export type Seam = z.infer<typeof seamSchema>;

const recordSchema = z.object({
  of: z.string(),
  pieces: z.array(z.tuple([z.int(), seamSchema])),
});

/** Where the pieces of a video lie while it is worked on. */
export interface PiecesPlace {
  folder: string;
  /** The video's name among others. */
  id: string;
  /** All that features depend on: pieces of anything else are made anew. */
  of: string;
  /** Told of an error that is none of the video: nothing can be written there. */
  onUnwritable?: (error: unknown) => void;
}

/** What lies there of a video: the record, and the rows. */
const ENDINGS = [".json", ".rows"];

/** The names of the videos of which pieces lie in a folder of features. */
export function piecesIn(folder: string): string[] {
  const pieces = join(folder, PIECES_FOLDER);
  if (!existsSync(pieces)) return [];
  const names = readdirSync(pieces).filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      ENDINGS.filter((ending) => name.endsWith(ending)).map((ending) => {
        return name.slice(0, -ending.length);
      })
    );
  return [...new Set(names)];
}

/** Removes the pieces of a video from a folder of features. */
export function removePieces(folder: string, id: string): void {
  for (const ending of ENDINGS) {
    rmSync(join(folder, PIECES_FOLDER, `${id}${ending}`), { force: true });
  }
}

export class KeptPieces implements Disposable {
  /** The pieces that are there, by their number. */
  readonly seams = new Map<number, Seam>();
  readonly #place: PiecesPlace | null;
  readonly #dim: number;
  #rows: FeatureRows;
  #of = "";

  /**
   * @param place absent: they are kept in memory, and go with the process
   * @throws {Error} a fault: the folder cannot be written
   */
  constructor(dim: number, place: PiecesPlace | null) {
    this.#dim = dim;
    this.#place = place;
    this.#rows = this.#open();
  }

  get rows(): Pick<FeatureRows, "read"> {
    return this.#rows;
  }

  /**
   * Rows from a place on, [rows, D].
   *
   * @throws {Error} a fault: the disk is full, or fails
   */
  write(row: number, values: Float32Array): void {
    try {
      this.#rows.write(row, values);
    } catch (error) {
      this.#place?.onUnwritable?.(error);
      throw error;
    }
  }

  /** Whether another run can go on with them. */
  get lasting(): boolean {
    return this.#place !== null;
  }

  #path(ending: string): string {
    const { folder, id } = this.#place!;
    return join(folder, PIECES_FOLDER, `${id}${ending}`);
  }

  #open(): FeatureRows {
    if (this.#place === null) return new RowsInMemory(this.#dim);
    const folder = join(this.#place.folder, PIECES_FOLDER);
    try {
      return inPassingFolder(folder, () => new RowsInFile(this.#path(".rows"), this.#dim));
    } catch (error) {
      const told = fileFault(error, `Cannot make the folder "${folder}"`);
      this.#place.onUnwritable?.(told);
      throw told;
    }
  }

  /**
   * Takes what another run has left of the same pieces. Of others nothing stays: their record
   * would soon tell of rows that this run writes over.
   *
   * @param pieceFrames frames of a piece
   */
  resume(pieceFrames: number): void {
    this.#of = `${pieceFrames} frames of ${this.#place?.of}`;
    if (this.#place === null) return;
    let text: string;
    try {
      text = Deno.readTextFileSync(this.#path(".json"));
    } catch {
      return; // nobody has left any
    }
    try {
      const { of, pieces } = recordSchema.parse(JSON.parse(text));
      if (of === this.#of) { for (const [piece, seam] of pieces) this.seams.set(piece, seam); }
    } catch {
      // It was written by another version.
    }
    if (this.seams.size === 0) this.clear();
  }

  /** Writes down that all rows of a piece are there. */
  async passed(piece: number, seam: Seam): Promise<void> {
    this.seams.set(piece, seam);
    if (!(this.#rows instanceof RowsInFile)) return;
    const told = JSON.stringify({ of: this.#of, pieces: [...this.seams] });
    try {
      await this.#rows.sync();
      await writeWhole(this.#path(".json"), `${told}\n`, { overwrite: true });
    } catch (error) {
      this.#place?.onUnwritable?.(error);
      throw error;
    }
  }

  /** Leaves all pieces out, and those that lie there. */
  clear(): void {
    this.seams.clear();
    this.#rows[Symbol.dispose]();
    this.#remove();
    this.#rows = this.#open();
  }

  #remove(): void {
    if (this.#place !== null) removePieces(this.#place.folder, this.#place.id);
  }

  /** The features stand elsewhere: nothing of them is to stay. */
  done(): void {
    this.seams.clear();
  }

  /** Closes the file; pieces that another run can go on with stay. */
  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
    if (this.#place === null || this.seams.size > 0) return;
    this.#remove();
    leavePassingFolder(join(this.#place.folder, PIECES_FOLDER));
  }
}
