/** Name and version of the tool, as results and checkpoints record them, and how it was built. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import manifest from "../deno.json" with { type: "json" };

export const tool = { name: "wsvad", version: manifest.version };

/** What `deno task build` knew. */
export interface Build {
  /** Commit of the sources; null where they were no clone. */
  commit: string | null;
  /** Whether the sources were changed since. */
  changed: boolean;
  /** "linux-x86_64" */
  platform: string;
}

/** Name of the file that tells it, beside the bundle. */
export const BUILD = "build.json";

/** How this executable was built; null from source. */
export function build(): Build | null {
  const text = besideBundle(BUILD);
  return text === null ? null : JSON.parse(text);
}

/**
 * The file of this executable. On Linux its first part says where it lies: behind it runs the Deno
 * that it carries.
 */
export function executable(): string {
  return resolve(Deno.env.get("WSVAD_FILE") ?? Deno.execPath());
}

/** Text of a file that an executable carries beside its bundle; null from source. */
export function besideBundle(name: string): string | null {
  try {
    return readFileSync(new URL(name, import.meta.url), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || error instanceof Deno.errors.NotCapable || code === "EACCES") {
      return null;
    }
    throw error;
  }
}
