/** Amounts of memory as people write them. */

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
