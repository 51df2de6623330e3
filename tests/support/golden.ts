/** The golden cases that the project carries: numbers of the official codes, by "runner/case". */

import { fileURLToPath } from "node:url";

export function goldenFolder(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}
