/** Where the tool keeps what it can make again. */

import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The user's cache folder for wsvad, as the system has it: `$XDG_CACHE_HOME` or `~/.cache` on
 * Linux.
 */
export function cacheFolder(
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): string {
  const own = environment("XDG_CACHE_HOME");
  if (own) return join(own, "wsvad");
  if (Deno.build.os === "darwin") return join(homedir(), "Library", "Caches", "wsvad");
  if (Deno.build.os === "windows") {
    return join(environment("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"), "wsvad");
  }
  return join(homedir(), ".cache", "wsvad");
}
