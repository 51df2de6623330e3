/**
 * Prepared features on the disk: what took a large or packed file to make is read back as it is, in
 * later passes and by later runs. Each video is a file of its own, so that several processes may
 * use one folder; its name says which bytes it was made of, so that it is never taken for others.
 */

import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { placeInArchive } from "../io/features/open_features.ts";
import type { VideoFeatures } from "./video.ts";

/** Changes with the form of the files, and with what preparation makes of the same bytes. */
const VERSION = 1;
/** "WSVP", version, checksum, N, T, D, length, 0; then the values. */
const MAGIC = 0x50565357, HEADER = 8;
const ENDING = ".features";
/** Files after which others are looked for anew, since other processes write them too. */
const LOOK_EVERY = 64;
/** Milliseconds. */
const LONGEST_WRITE = 600_000;

/** Prepared features in a folder, as far as a number of bytes goes. */
export class FeaturePack {
  #used: number | null = null;
  #written = 0;
  #sick = false;
  #writes = 0;
  readonly #own = new Set<string>();

  /** @param bytes of all files in the folder, whoever wrote them */
  constructor(readonly folder: string, readonly bytes: number) {}

  /**
   * The features kept for the files as they are now, or those that `load` gives, which are then
   * kept. A folder that cannot be written only costs time.
   *
   * @param made what was made of the files, in words
   */
  async get(
    files: readonly string[],
    made: string,
    load: () => Promise<VideoFeatures>,
  ): Promise<VideoFeatures> {
    const path = join(this.folder, `${nameOf(files, made)}${ENDING}`);
    this.#own.add(path);
    const kept = await readPacked(path);
    if (kept !== null) return kept;
    const features = await load();
    if (!this.#sick) {
      try {
        await this.#keep(path, features);
      } catch {
        this.#sick = true; // no space left, or no permission
      }
    }
    return features;
  }

  async #keep(path: string, features: VideoFeatures): Promise<void> {
    const bytes = 4 * HEADER + features.values.byteLength;
    if (bytes > this.bytes) return;
    await Deno.mkdir(this.folder, { recursive: true });
    if (this.#used === null || this.#written++ % LOOK_EVERY === 0) {
      this.#used = bytesIn(this.folder);
    }
    if (this.#used + bytes > this.bytes) this.#used -= this.#makeRoom(this.#used + bytes);
    if (this.#used + bytes > this.bytes) return;
    // Numbered: two readers of this process may make the same file at once.
    const partial = `${path}.${Deno.pid}-${this.#writes++}.partial`;
    try {
      await Deno.writeFile(partial, packed(features));
      await rename(partial, path);
    } catch (error) {
      await Deno.remove(partial).catch(() => {});
      throw error;
    }
    this.#used += bytes;
  }

  /** Removes what this run has not asked for, what was written first; returns its bytes. */
  #makeRoom(wanted: number): number {
    const others = filesIn(this.folder)
      .filter(({ path, written }) => !this.#own.has(path) && !beingWritten(path, written))
      .sort((a, b) => a.written - b.written);
    let freed = 0;
    for (const { path, bytes } of others) {
      if (wanted - freed <= this.bytes) break;
      try {
        Deno.removeSync(path);
        freed += bytes;
      } catch {
        // Another process was faster.
      }
    }
    return freed;
  }
}

/** What another process writes at this moment; what one that was killed left behind is older. */
function beingWritten(path: string, written: number): boolean {
  return path.endsWith(".partial") && Date.now() - written < LONGEST_WRITE;
}

/** Of the paths, sizes and times of the files: a changed file has another name. */
function nameOf(files: readonly string[], made: string): string {
  const hash = createHash("sha256").update(`${VERSION}\n${made}\n`);
  for (const file of files) {
    const { size, mtimeMs, ctimeMs, ino } = statSync(placeInArchive(file)?.archive ?? file);
    hash.update(`${file}\n${size} ${mtimeMs} ${ctimeMs} ${ino}\n`);
  }
  return hash.digest("hex").slice(0, 40);
}

function packed({ crops, snippets, dim, length, values }: VideoFeatures): Uint8Array {
  const bytes = new Uint8Array(4 * HEADER + values.byteLength);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4 * HEADER);
  const header = new Uint32Array(bytes.buffer, 0, HEADER);
  header.set([MAGIC, VERSION, 0, crops, snippets, dim, length, 0]);
  header[2] = crc32(bytes.subarray(12));
  return bytes;
}

/** Null where the file is not there, or not whole: it is then made anew. */
async function readPacked(path: string): Promise<VideoFeatures | null> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch {
    return null;
  }
  if (bytes.length < 4 * HEADER) return null;
  const [magic, version, checksum, crops, snippets, dim, length] = new Uint32Array(
    bytes.buffer,
    0,
    HEADER,
  );
  const whole = magic === MAGIC && version === VERSION &&
    bytes.length === 4 * (HEADER + crops * snippets * dim) && length <= snippets &&
    crc32(bytes.subarray(12)) === checksum;
  if (!whole) return null;
  return { crops, snippets, dim, length, values: new Float32Array(bytes.buffer, 4 * HEADER) };
}

function filesIn(folder: string): { path: string; bytes: number; written: number }[] {
  return readdirSync(folder).flatMap((name) => {
    if (!name.includes(ENDING)) return []; // nothing else in the folder is ours
    const path = join(folder, name);
    try {
      const { size, mtimeMs } = statSync(path);
      return [{ path, bytes: size, written: mtimeMs }];
    } catch {
      return []; // removed by another process
    }
  });
}

function bytesIn(folder: string): number {
  return filesIn(folder).reduce((sum, { bytes }) => sum + bytes, 0);
}
