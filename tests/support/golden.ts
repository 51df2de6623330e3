/**
 * The golden cases that the project carries, by "runner/case": numbers of the official codes, and
 * below "other_sizes/" those of a second implementation.
 */

import { fileURLToPath } from "node:url";

export function goldenFolder(name: string): string {
  const folder = name.startsWith("other_sizes/") ? name : `golden/${name}`;
  return fileURLToPath(new URL(`../${folder}`, import.meta.url));
}
