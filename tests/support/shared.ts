/**
 * The folder `shared` beside the repository: real data, golden cases and files made by other
 * libraries, too large for the repository. Tests that need it are ignored where it is absent.
 *
 * @example
 * Deno.test({ name: "...", ignore: !hasShared, fn() { Deno.readFileSync(shared("data/...")); } });
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../shared", import.meta.url));

/** Whether the folder is there. */
export const hasShared: boolean = existsSync(folder);

/** Absolute path of a file or folder below the shared folder. */
export function shared(path: string): string {
  return `${folder}/${path}`;
}

if (!hasShared) {
  console.warn(`Tests on real data and golden cases are ignored: no folder ${folder}`);
}
