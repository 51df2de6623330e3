/**
 * One process writes a run folder or a matrix folder at a time. It leaves its number, host and
 * start in `.lock`, and holds the system's lock on that file as long as it works, which goes with
 * it however it ends: so the next one sees whether it is gone without any permission, and takes
 * over. Where a file system has no such locks, the number tells. What another host holds is never
 * taken over.
 */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";
import { isRunning } from "../io/running_process.ts";
import { procFile } from "../proc_files.ts";

export const LOCK_FILE = ".lock";

const ownerSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the folder was locked. */
  since: z.string(),
  /** The boot of the host; null where the system tells none, as for all that follow. */
  boot: z.string().nullable(),
  /** The processes among which the number counts: those of a container have their own. */
  numbers: z.string().nullable(),
  /** Start of the process in clock ticks since the boot: numbers are used again. */
  started: z.string().nullable(),
  /** Whether its process holds the file's lock while it runs; earlier versions did not. */
  held: z.boolean().default(false),
  /** The task of a batch system whose process it was: Slurm's SLURM_JOB_ID. */
  job: z.string().nullable().default(null),
});

type Owner = z.infer<typeof ownerSchema>;

/** Folders that this process holds. */
const held = new Set<string>();

/**
 * Does work on a folder that no other process may write meanwhile. The folder exists.
 *
 * @throws fault when another process writes it, or the lock cannot be written
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = resolve(folder, LOCK_FILE);
  using file = lock(path, folder);
  held.add(path);
  try {
    return await work();
  } finally {
    unlock(file, path);
    held.delete(path);
  }
}

/** Whether a process writes the folder, as far as can be seen from here; nothing is touched. */
export function isWritten(folder: string): boolean {
  const path = resolve(folder, LOCK_FILE);
  if (held.has(path)) return true;
  const text = orNull(() => readFileSync(path, "utf8"));
  const owner = text === null ? null : ownerOf(text);
  return owner !== null && reasonToRefuse(owner, path, false) !== null;
}

/**
 * Removes the lock of a task of a batch system that is over, whatever became of its host, which
 * cannot be asked.
 *
 * @param running the tasks that wait or run
 */
export function dropLockOfJob(folder: string, running: ReadonlySet<string>): void {
  const path = resolve(folder, LOCK_FILE);
  const text = orNull(() => readFileSync(path, "utf8"));
  const job = text === null ? null : ownerOf(text)?.job ?? null;
  if (job !== null && !running.has(job)) Deno.removeSync(path);
}

/** The lock file, which is this process's until it is closed. */
function lock(path: string, folder: string): Deno.FsFile {
  try {
    const { file, locked } = openExclusively(path, folder);
    try {
      const owner = readOwner(file);
      const reason = owner && reasonToRefuse(owner, path, locked);
      if (reason) throw refusal(folder, reason);
      const text = new TextEncoder().encode(JSON.stringify(thisProcess(locked)) + "\n");
      file.truncateSync(0);
      file.seekSync(0, Deno.SeekMode.Start);
      for (let at = 0; at < text.length;) at += file.writeSync(text.subarray(at));
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    throw fileFault(error, `Cannot lock the folder "${folder}" with "${path}"`);
  }
}

function refusal(folder: string, reason: string): Error {
  return fault(Error, `Cannot write to "${folder}": ${reason}`);
}

/** For one who has just taken the file and has not written into it yet. */
const PATIENCE_MS = 2000, WAIT_MS = 20;

/**
 * The lock file, with its lock; without one where the file system has none, and its text alone must
 * do. Of two that find the lock of a process that is gone, one takes it over and the other then
 * finds that one.
 *
 * @throws fault when another process has the lock
 */
function openExclusively(path: string, folder: string): { file: Deno.FsFile; locked: boolean } {
  for (let waited = 0;;) {
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    const locked = tryLock(file);
    // Its owner may have finished and removed the file meanwhile.
    if (locked !== false && isStill(file, path)) return { file, locked: locked === true };
    const owner = locked === false ? readOwner(file) : null;
    file.close();
    const reason = owner && reasonToRefuse(owner, path, false);
    if (reason) throw refusal(folder, reason);
    if (locked !== false) continue;
    if (waited >= PATIENCE_MS) throw refusal(folder, `another process holds "${path}"`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    waited += WAIT_MS;
  }
}

/** Whether it is had; null on a file system without locks. */
function tryLock(file: Deno.FsFile): boolean | null {
  try {
    return file.tryLockSync(true);
  } catch {
    return null;
  }
}

function isStill(file: Deno.FsFile, path: string): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Null where nothing can be read: the text is written in one piece, so its writer was lost with it.
 */
function readOwner(file: Deno.FsFile): Owner | null {
  const bytes = new Uint8Array(4096);
  try {
    const read = file.readSync(bytes) ?? 0;
    return ownerOf(new TextDecoder().decode(bytes.subarray(0, read)));
  } catch {
    return null;
  }
}

function ownerOf(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function unlock(file: Deno.FsFile, path: string): void {
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    if ((readOwner(file)?.pid ?? Deno.pid) === Deno.pid && isStill(file, path)) {
      Deno.removeSync(path);
    }
  } catch {
    // The folder was removed, or may no longer be written;
    // the lock of a process that ended is void.
  }
}

/**
 * Why the folder is not to be had; null when its owner is gone.
 *
 * @param free nobody has the file's lock
 */
function reasonToRefuse(owner: Owner, path: string, free: boolean): string | null {
  const { pid, host, since, boot, numbers, started, job } = owner;
  const now = thisProcess(free);
  // A batch system starts a task again when its former process is gone, on whatever host.
  if (job !== null && job === now.job && !(pid === now.pid && held.has(path))) return null;
  const elsewhere = `remove "${path}" if that process is gone`;
  const strangers = host !== now.host && host !== UNKNOWN && now.host !== UNKNOWN;
  if (strangers) {
    return `process ${pid} on the host "${host}" has written it since ${since}, and from "${now.host}" it cannot be seen whether it still runs; ${elsewhere}`;
  }
  if (differ(boot, now.boot)) return null;
  if (differ(numbers, now.numbers)) {
    return `process ${pid} of another container on "${host}" has written it since ${since}, and from here it cannot be seen whether it still runs; ${elsewhere}`;
  }
  if (pid === now.pid && !held.has(path)) return null; // a number used again
  if (free && owner.held) return null; // it went with its process
  const running = isRunning(pid);
  if (running === false || differ(started, startOf(pid))) return null;
  if (running === null && free) {
    return `process ${pid} has written it since ${since}, and without --allow-run it cannot be seen whether it still runs; give that flag, or ${elsewhere}`;
  }
  return `process ${pid} has been writing it since ${since}; wait for it, end it with kill ${pid}, or choose another folder`;
}

/** Where the permission to ask for it lacks, as for those that are null. */
const UNKNOWN = "unknown";

/** Whether both are known, and not the same. */
function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

/** What tells this machine from others that share a folder; null where it is not known. */
export interface Machine {
  host: string | null;
  /** Its boot: what ran before the last one is gone. */
  boot: string | null;
}

export function thisMachine(): Machine {
  return {
    host: orNull(hostname),
    boot: procFile("sys/kernel/random/boot_id")?.trim() ?? null,
  };
}

function thisProcess(held: boolean): Owner {
  const { host, boot } = thisMachine();
  return {
    pid: Deno.pid,
    host: host ?? UNKNOWN,
    since: new Date().toISOString(),
    boot,
    numbers: procFile("self/ns/pid"),
    started: startIn(procFile("self/stat")),
    held,
    job: orNull(() => Deno.env.get("SLURM_JOB_ID") ?? null),
  };
}

/** Of another process, which an executable may not ask about. */
function startOf(process: number): string | null {
  return startIn(orNull(() => readFileSync(join("/proc", String(process), "stat"), "utf8")));
}

/** Field 22 of /proc/PID/stat; the name before it is in brackets and may hold spaces. */
function startIn(stat: string | null): string | null {
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[22 - 3] ?? null;
}

/** Not every system tells it, and not with all permissions. */
function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
