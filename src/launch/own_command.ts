/** The command line by which the tool starts itself, on this machine or another one. */

import { join, resolve } from "node:path";
import { build } from "../tool.ts";

/** The words before the tool's own arguments: the executable's file, or Deno with main.ts. */
export function ownCommand(): [string, ...string[]] {
  // On Linux the executable's first part says where it lies: behind it runs the Deno it carries.
  if (build() !== null) return [resolve(Deno.env.get("WSVAD_FILE") ?? Deno.execPath())];
  const main = join(import.meta.dirname!, "..", "..", "main.ts");
  return [Deno.execPath(), "run", "-A", "--frozen", main];
}
