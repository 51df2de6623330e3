/**
 * Which process works on which video: a file is made for it, which only one of several can do, on
 * one machine or on many that share a folder. Its process holds the system's lock on the file, so
 * that another one of the same machine sees at once when it is gone, however it ended. From other
 * machines its time tells: a claim is touched while its process runs, and one that was left alone
 * too long is void.
 */

import { utimesSync } from "node:fs";
import { join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { z } from "zod";
import { fileFault } from "../io/file_system.ts";
import { inPassingFolder, leavePassingFolder } from "../io/passing_folder.ts";
import { type Machine, thisMachine } from "../run_folder/lock.ts";

export const CLAIMS_FOLDER = ".claims";

/** A claim that was not touched so long is void. */
export const STALE_MS = 5 * 60_000;
const TOUCH_MS = 30_000;

const ownerSchema = z.object({
  pid: z.int(),
  host: z.string().nullable(),
  boot: z.string().nullable(),
  /** Whether its process holds the file's lock: some file systems have none. */
  held: z.boolean(),
});

/** What another process's claim tells. */
export interface OthersClaim {
  /** When it was last touched, in milliseconds since 1970. */
  touched: number;
}

export class Claims {
  readonly #folder: string;
  readonly #machine: Machine;
  readonly #own = new Map<string, Deno.FsFile>();
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * @param folder exists; the claims lie in a folder of it
   * @throws {Error} a fault: it cannot be written
   */
  constructor(folder: string, machine: Machine = thisMachine()) {
    this.#folder = join(folder, CLAIMS_FOLDER);
    this.#machine = machine;
    try {
      Deno.mkdirSync(this.#folder, { recursive: true });
    } catch (error) {
      throw fileFault(error, `Cannot claim videos in "${folder}"`);
    }
    this.#timer = setInterval(() => this.#touch(), TOUCH_MS);
    this.#timer.unref();
  }

  /**
   * Whether the video is ours now; false where another process has it.
   *
   * @throws {Error} a fault: the claim cannot be written
   */
  take(id: string, now = Date.now()): boolean {
    const path = join(this.#folder, id);
    try {
      for (let attempt = 0; attempt < 2; attempt++) {
        if (this.#make(path)) return true;
        if (!this.#removeVoid(path, now)) return false;
      }
      return false;
    } catch (error) {
      throw fileFault(error, `Cannot claim the video "${id}"`);
    }
  }

  /** Of a video that another process works on; null where none does. */
  others(id: string): OthersClaim | null {
    const path = join(this.#folder, id);
    try {
      const touched = Deno.statSync(path).mtime?.getTime() ?? 0;
      return this.#own.has(path) ? null : { touched };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw fileFault(error, `Cannot read the claim of the video "${id}"`);
    }
  }

  #make(path: string): boolean {
    let file: Deno.FsFile;
    try {
      file = inPassingFolder(
        this.#folder,
        () => Deno.openSync(path, { write: true, createNew: true }),
      );
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
    this.#own.set(path, file);
    const owner = { pid: Deno.pid, ...this.#machine, held: hasLock(file) };
    const text = new TextEncoder().encode(`${JSON.stringify(owner)}\n`);
    for (let at = 0; at < text.length;) at += file.writeSync(text.subarray(at));
    return true;
  }

  /** True where a void claim is gone. Of two that find it, one renames it and the other fails. */
  #removeVoid(path: string, now: number): boolean {
    const aside = `${path}.${Deno.pid}.void`;
    try {
      if (!this.#isVoid(path, now)) return false;
      Deno.renameSync(path, aside);
      if (!this.#isVoid(aside, now)) { // another process was faster, and this is its new claim
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

  #isVoid(path: string, now: number): boolean {
    const { mtime } = Deno.statSync(path);
    if (mtime !== null && now - mtime.getTime() > STALE_MS) return true;
    const { success, data: owner } = ownerSchema.safeParse(orNull(() => {
      return JSON.parse(Deno.readTextFileSync(path));
    }));
    // Its process may be about to write it.
    if (!success || owner.host === null || owner.host !== this.#machine.host) return false;
    if (owner.boot !== this.#machine.boot) {
      return owner.boot !== null && this.#machine.boot !== null;
    }
    if (!owner.held) return false;
    using file = Deno.openSync(path, { write: true });
    return hasLock(file);
  }

  release(id: string): void {
    this.#drop(join(this.#folder, id));
  }

  #drop(path: string): void {
    remove(path);
    this.#own.get(path)?.close();
    this.#own.delete(path);
  }

  #touch(): void {
    const now = new Date();
    for (const path of this.#own.keys()) {
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
    for (const path of [...this.#own.keys()]) this.#drop(path);
    leavePassingFolder(this.#folder);
  }
}

/** False too where the file system has no locks. */
function hasLock(file: Deno.FsFile): boolean {
  return orNull(() => file.tryLockSync(true)) ?? false;
}

function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
