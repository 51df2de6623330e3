/** The command line by which the tool starts itself, on this machine or another one. */

import { join, resolve } from "node:path";
import { build } from "../tool.ts";

/** The words before the tool's own arguments: the executable's file, or Deno with main.ts. */
export function ownCommand(): [string, ...string[]] {
  // The executable's first part says where it lies; behind it runs the Deno that it carries.
  const executable = build() === null ? undefined : Deno.env.get("WSVAD_FILE");
  if (executable !== undefined) return [resolve(executable)];
  const main = join(import.meta.dirname!, "..", "..", "main.ts");
  return [Deno.execPath(), "run", "-A", "--frozen", main];
}
