/** The command line by which the tool starts itself, on this machine or another one. */

import { join } from "node:path";
import { build, executable } from "../tool.ts";

/** The words before the tool's own arguments: the executable's file, or Deno with main.ts. */
export function ownCommand(): [string, ...string[]] {
  if (build() !== null) return [executable()];
  const main = join(import.meta.dirname!, "..", "..", "main.ts");
  return [Deno.execPath(), "run", "-A", "--frozen", main];
}
