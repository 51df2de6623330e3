/** Amounts of memory as people write them. */

import { fault } from "../fault.ts";

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** "512 B", "1.5 KiB", "157 MiB": three digits at most, powers of 1024. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${Number(bytes.toPrecision(3))} ${units[unit]}`;
}

const powers: Record<string, number> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/**
 * "6GB", "800 MiB", "1073741824": bytes. GB and GiB both mean 1024 to the third, as graphics cards
 * are sold.
 *
 * @throws {RangeError} (fault) what is not an amount above zero
 */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  const bytes = match ? Math.floor(Number(match[1]) * 1024 ** powers[match[2].toLowerCase()]) : 0;
  if (bytes > 0) return bytes;
  throw fault(
    RangeError,
    `Cannot read "${text}" as an amount of memory: write it as 6GB, 800MB or a number of bytes`,
  );
}
