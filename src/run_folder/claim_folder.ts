/** Where a run is written: never over another one, unless that was asked for. */

import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fault } from "../fault.ts";
import { removeStaleTemporaries } from "../io/atomic_write.ts";
import { LOCK_FILE } from "./lock.ts";
import { runFiles } from "./run_files.ts";

/** A folder that this process has claimed for its run. */
export interface RunFolder {
  path: string;
  /**
   * Removes the folder again if nothing was written into it, and with it the parents made for it.
   */
  releaseIfEmpty(): void;
}

/**
 * Makes `<parent>/<name>`, or the same with -2, -3 ... where that exists.
 *
 * @throws {Error} the folder cannot be made
 */
export function claimNewFolder(parent: string, name: string): RunFolder {
  const made = makeParents(parent);
  for (let count = 1;; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`);
    if (makeFolder(path)) return claimed(path, made);
  }
}

/** What a command line says of the folder that it writes. */
export interface AskedFolder {
  out?: string;
  overwrite?: boolean;
}

/**
 * The run folder that a command line asks for: `out`, or a new one below runs/; with `overwrite`
 * alone runs/<name> itself, in place of the run that lies there.
 *
 * @param run where in the folder the run lies
 * @throws {Error} as {@link claimFolder}
 */
export function claimRun(
  name: string,
  { out, overwrite = false }: AskedFolder,
  run = "",
): RunFolder {
  if (out === undefined && !overwrite) return claimNewFolder("runs", name);
  const path = out ?? join("runs", name);
  return claimFolder(
    path,
    overwrite,
    existsSync(runFiles(join(path, run)).config)
      ? `give another --out, add --overwrite to replace the run, or continue it with wsvad train --resume ${
        join(path, run)
      }`
      : "there is no run in it to continue; give another --out, or add --overwrite to write into it",
  );
}

/**
 * Makes the folder that the user named.
 *
 * @throws {Error} it holds something and `overwrite` is off, or it cannot be made
 */
export function claimFolder(path: string, overwrite: boolean, advice: string): RunFolder {
  const made = makeParents(dirname(path));
  if (makeFolder(path)) return claimed(path, made);
  requireClaimable(path, overwrite, advice);
  return { path, releaseIfEmpty() {} };
}

/** @throws {Error} what there is at a path cannot be claimed */
function requireClaimable(path: string, overwrite: boolean, advice: string): void {
  if (!statSync(path).isDirectory()) {
    throw fault(Error, `Cannot write to "${path}": it is a file, not a folder; give another --out`);
  }
  // The lock of a process that was killed before it wrote anything is taken over.
  if (!overwrite && readdirSync(path).some((name) => name !== LOCK_FILE)) {
    throw fault(Error, `Cannot write to "${path}": the folder exists and is not empty; ${advice}`);
  }
}

/**
 * Refuses what {@link claimFolder} would refuse, and makes nothing: for dry runs.
 *
 * @throws {Error} as {@link claimFolder}, but for what only making it tells, such as a full disk
 */
function rehearseFolder(path: string, overwrite: boolean, advice: string): void {
  if (existsSync(path)) return requireClaimable(path, overwrite, advice);
  const parent = resolve(dirname(path));
  let above = parent;
  while (!existsSync(above)) above = dirname(above);
  if (statSync(above).isDirectory()) return;
  throw cannotMake(dirname(path), { code: above === parent ? "EEXIST" : "ENOTDIR" });
}

/**
 * Makes the folder that the user named for single files, which are checked one by one.
 *
 * @throws {Error} it is a file, or it cannot be made
 */
export function claimOutput(path: string): RunFolder {
  return claimFolder(path, true, "");
}

/** Refuses what {@link claimOutput} would refuse, and makes nothing. */
export function rehearseOutput(path: string): void {
  rehearseFolder(path, true, "");
}

/**
 * Makes the folder of a matrix, or takes one that holds a matrix already.
 *
 * @throws {Error} it holds something else, or cannot be made
 */
export function claimMatrixFolder(path: string): RunFolder {
  return claimFolder(path, holdsMatrix(path), NO_MATRIX);
}

/** Refuses what {@link claimMatrixFolder} would refuse, and makes nothing. */
export function rehearseMatrixFolder(path: string): void {
  rehearseFolder(path, holdsMatrix(path), NO_MATRIX);
}

const NO_MATRIX = "it holds no matrix; give another --out";

function holdsMatrix(path: string): boolean {
  return existsSync(join(path, "cells")) || existsSync(join(path, "matrix.json"));
}

/**
 * Runs the work, after what killed processes left unfinished in the folder is gone; a folder into
 * which nothing was written is removed again when the work fails.
 */
export async function inFolder<T>(folder: RunFolder, action: () => Promise<T>): Promise<T> {
  try {
    await removeStaleTemporaries(folder.path);
    return await action();
  } catch (error) {
    folder.releaseIfEmpty();
    throw error;
  }
}

/** @param made the topmost of the parents that did not exist before */
function claimed(path: string, made: string | undefined): RunFolder {
  return {
    path,
    releaseIfEmpty() {
      const top = resolve(made ?? path);
      for (let folder = resolve(path);; folder = dirname(folder)) {
        if (!existsSync(folder) || readdirSync(folder).length > 0) return;
        rmdirSync(folder);
        if (folder === top) return;
      }
    },
  };
}

/** False when it exists; making it is also the claim, so two runs at once get two folders. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw cannotMake(path, error);
  }
}

/** The topmost folder that was made; undefined where all existed. */
function makeParents(path: string): string | undefined {
  try {
    return mkdirSync(path, { recursive: true });
  } catch (error) {
    throw cannotMake(path, error);
  }
}

function cannotMake(path: string, error: unknown): Error {
  if (error instanceof Deno.errors.NotCapable) throw error;
  const { code, message } = error as { code?: string; message: string };
  const reasons: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "no space left",
    ENOTDIR: "a part of the path is a file",
    EEXIST: "a file of that name is in the way",
  };
  return fault(
    Error,
    `Cannot make the folder "${path}": ${reasons[code ?? ""] ?? message}; give another --out`,
    { cause: error },
  );
}
