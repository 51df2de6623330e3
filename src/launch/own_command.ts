/** The command line by which the tool starts itself, on this machine or another one. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../tool.ts";

/** The words before the tool's own arguments: the executable's file, or Deno with main.ts. */
export function ownCommand(): [string, ...string[]] {
  // The executable's first part says where it lies; behind it runs the Deno that it carries.
  const executable = build() === null ? undefined : Deno.env.get("WSVAD_FILE");
  if (executable !== undefined) return [resolve(executable)];
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  return [Deno.execPath(), "run", "-A", "--frozen", main];
}
