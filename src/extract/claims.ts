/**
 * Which process works on which video: a file is made for it, which only one of several can do, on
 * one machine or on many that share a folder. A claim is touched while its process runs; one that
 * was left alone so long that its process must be gone is taken over.
 */

import { utimesSync } from "node:fs";
import { join } from "node:path";
import { clearInterval, setInterval } from "node:timers";

export const CLAIMS_FOLDER = ".claims";

/** A claim that was not touched so long is void. */
export const STALE_MS = 5 * 60_000;
const TOUCH_MS = 30_000;

export class Claims {
  readonly #folder: string;
  readonly #own = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param folder exists; the claims lie in a folder of it */
  constructor(folder: string) {
    this.#folder = join(folder, CLAIMS_FOLDER);
    Deno.mkdirSync(this.#folder, { recursive: true });
    this.#timer = setInterval(() => this.#touch(), TOUCH_MS);
    this.#timer.unref();
  }

  /** Whether the video is ours now; false where another process has it. */
  take(id: string, now = Date.now()): boolean {
    const path = join(this.#folder, id);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        using file = Deno.openSync(path, { write: true, createNew: true });
        file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
        this.#own.add(path);
        return true;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
      if (!this.#removeStale(path, now)) return false;
    }
    return false;
  }

  /** True where a void claim is gone. Of two that find it, one renames it and the other fails. */
  #removeStale(path: string, now: number): boolean {
    const aside = `${path}.${Deno.pid}.void`;
    try {
      if (!isStale(path, now)) return false;
      Deno.renameSync(path, aside);
      if (!isStale(aside, now)) { // another process was faster, and this is its new claim
        Deno.renameSync(aside, path);
        return false;
      }
      Deno.removeSync(aside);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      throw error;
    }
  }

  release(id: string): void {
    const path = join(this.#folder, id);
    this.#own.delete(path);
    remove(path);
  }

  #touch(): void {
    const now = new Date();
    for (const path of this.#own) {
      try {
        utimesSync(path, now, now);
      } catch {
        // The folder is gone, or may not be written: the work itself will say so.
      }
    }
  }

  /** Gives back what is still claimed, and the folder where it is empty. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const path of this.#own) remove(path);
    try {
      Deno.removeSync(this.#folder);
    } catch {
      // Others still have claims in it.
    }
  }
}

function isStale(path: string, now: number): boolean {
  const { mtime } = Deno.statSync(path);
  return mtime !== null && now - mtime.getTime() > STALE_MS;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
