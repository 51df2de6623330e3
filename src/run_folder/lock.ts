/**
 * One process writes a run folder or a matrix folder at a time. It leaves its number, host and
 * start in `.lock`, which the next one reads: while that process runs, the folder is refused; when
 * it is gone, killed or lost with a reboot, the lock is taken over. What another host holds is
 * never taken over.
 */

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { z } from "zod";
import { fault } from "../fault.ts";
import { fileFault } from "../io/file_system.ts";

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
  lock(path, folder);
  try {
    return await work();
  } finally {
    unlock(path);
    held.delete(path);
  }
}

function lock(path: string, folder: string): void {
  try {
    using file = openExclusively(path);
    const owner = readOwner(file);
    const reason = owner && reasonToRefuse(owner, path);
    if (reason) throw fault(Error, `Cannot write to "${folder}": ${reason}`);
    const text = new TextEncoder().encode(JSON.stringify(thisProcess()) + "\n");
    file.truncateSync(0);
    file.seekSync(0, Deno.SeekMode.Start);
    for (let at = 0; at < text.length;) at += file.writeSync(text.subarray(at));
    held.add(path);
  } catch (error) {
    throw fileFault(error, `Cannot lock the folder "${folder}" with "${path}"`);
  }
}

/**
 * The lock file, which no other process of this machine looks at until it is closed: of two that
 * find the lock of a process that is gone, one takes it over and the other then finds that one.
 */
function openExclusively(path: string): Deno.FsFile {
  for (;;) {
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    try {
      file.lockSync(true);
    } catch {
      return file; // a file system without such locks: the text alone must do
    }
    // While this one waited, the owner may have finished and removed the file.
    if (isStill(file, path)) return file;
    file.close();
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
  const read = file.readSync(bytes) ?? 0;
  try {
    return ownerSchema.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(0, read))));
  } catch {
    return null;
  }
}

function unlock(path: string): void {
  try {
    // Another process may be reading it just now, and would write into what is removed.
    using file = openExclusively(path);
    if ((readOwner(file)?.pid ?? Deno.pid) === Deno.pid) Deno.removeSync(path);
  } catch {
    // The folder was removed, or may no longer be written;
    // the lock of a process that ended is void.
  }
}

/** Why the folder is not to be had; null when its owner is gone. */
function reasonToRefuse(owner: Owner, path: string): string | null {
  const { pid, host, since, boot, numbers, started } = owner;
  const now = thisProcess();
  const elsewhere = `remove "${path}" if that process is gone`;
  if (host !== now.host) {
    return `process ${pid} on the host "${host}" has written it since ${since}, and from "${now.host}" it cannot be seen whether it still runs; ${elsewhere}`;
  }
  if (boot !== now.boot) return null;
  if (numbers !== now.numbers) {
    return `process ${pid} of another container on "${host}" has written it since ${since}, and from here it cannot be seen whether it still runs; ${elsewhere}`;
  }
  if (pid === now.pid && !held.has(path)) return null; // a number used again
  if (!isRunning(pid)) return null;
  const startedNow = startOf(String(pid));
  if (started !== null && startedNow !== null && started !== startedNow) return null;
  return `process ${pid} has been writing it since ${since}; wait for it, end it with kill ${pid}, or choose another folder`;
}

function thisProcess(): Owner {
  return {
    pid: Deno.pid,
    host: orNull(hostname) ?? "unknown",
    since: new Date().toISOString(),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    numbers: orNull(() => readlinkSync("/proc/self/ns/pid")),
    started: startOf("self"),
  };
}

/** Field 22 of /proc/PID/stat; the name before it is in brackets and may hold spaces. */
function startOf(process: string): string | null {
  return orNull(() => {
    const text = readFileSync(join("/proc", process, "stat"), "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[22 - 3];
  });
}

/** Not every system tells it, and not with all permissions. */
function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** True also where it cannot be found out. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "ESRCH";
  }
}
