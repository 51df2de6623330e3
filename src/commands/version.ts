/** Which version this is, and whether its files are those that were built. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "../fault.ts";
import { readTextSync } from "../io/read_file.ts";
import { build, executable, tool } from "../tool.ts";

/** One comparison of files with sums. */
export interface SumCheck {
  name: "files" | "executable";
  ok: boolean;
  found: string;
}

export interface VersionReport {
  version: string;
  /** Of the sources; null where nobody knows. */
  commit: string | null;
  /** Whether the sources were changed since. */
  changed: boolean;
  /** "linux-x86_64"; null from source. */
  platform: string | null;
  deno: string;
  /** The executable; null from source. */
  file: string | null;
  checks: SumCheck[];
  /** False when a check failed. */
  ok: boolean;
}

export interface VersionRequest {
  /** Whether to compare files with their sums. */
  verify: boolean;
  /** File of published sums, `SUM  NAME` a line. */
  sums?: string;
}

/** List of sums in the folder that an executable unpacks; this file lies in program/bundle. */
const SUMS = "../../SHA256SUMS";
const PACKED = new URL(SUMS, import.meta.url);

/** @throws fault: there is nothing to verify, or the published sums cannot be read */
export function versionReport({ verify, sums }: VersionRequest): VersionReport {
  const built = build();
  const file = built === null ? null : executable();
  if (verify && file === null) {
    throw fault(
      Error,
      "Cannot verify: the tool runs from source, which has no sums; git status tells what changed",
    );
  }
  const checks: SumCheck[] = [];
  if (verify && existsSync(PACKED)) checks.push(filesCheck());
  if (verify) checks.push(executableCheck(file!, sums));
  return {
    version: tool.version,
    commit: built?.commit ?? null,
    changed: built?.changed ?? false,
    platform: built?.platform ?? null,
    ...{ deno: Deno.version.deno, file, checks },
    ok: checks.every(({ ok }) => ok),
  };
}

function filesCheck(): SumCheck {
  const entries = sumsIn(readFileSync(PACKED, "utf8"));
  const other = entries.filter(({ sum, name }) => {
    try {
      return sha256(fileURLToPath(new URL(name, PACKED))) !== sum;
    } catch {
      return true; // gone
    }
  });
  const found = other.length === 0
    ? `all ${entries.length} are as they were built`
    : `${other.length} of ${entries.length} are not as they were built: ` +
      other.slice(0, 3).map(({ name }) => name).join(", ");
  return { name: "files", ok: other.length === 0, found };
}

function executableCheck(file: string, sums: string | undefined): SumCheck {
  const own = sha256(file);
  if (sums === undefined) return { name: "executable", ok: true, found: `SHA-256 ${own}` };
  const published = sumsIn(readSums(sums));
  const same = published.find(({ sum }) => sum === own);
  const found = same
    ? `SHA-256 ${own}, in "${sums}" as ${same.name}`
    : `SHA-256 ${own} is none of the ${published.length} in "${sums}": download ${
      basename(file)
    } again`;
  return { name: "executable", ok: same !== undefined, found };
}

function readSums(path: string): string {
  return readTextSync(path, { attempted: `Cannot read the published sums "${path}"` });
}

function sumsIn(text: string): { sum: string; name: string }[] {
  return [...text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)]
    .map(([, sum, name]) => ({ sum, name }));
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
