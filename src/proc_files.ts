/**
 * What Linux tells in /proc. Deno shows it to a program of all permissions alone; the start script
 * of an executable, which gives fewer, reads these files before and hands on what is asked of them.
 */

import { readFileSync, readlinkSync } from "node:fs";

/** Below /proc, and the variable of the environment by which its text is handed on. */
const HANDED = {
  /** The line SigIgn alone is handed on. */
  "self/status": "WSVAD_PROC_STATUS",
  /** As of the shell, whose process the program becomes. */
  "self/stat": "WSVAD_PROC_STAT",
  "sys/kernel/random/boot_id": "WSVAD_PROC_BOOT",
  /** A link. */
  "self/ns/pid": "WSVAD_PROC_PID_SPACE",
  /** The maker and the flags of the first processor alone. */
  cpuinfo: "WSVAD_PROC_CPUINFO",
  "driver/nvidia/version": "WSVAD_PROC_NVIDIA",
} as const;

/** The text, or where the link leads; null where it is not to be had. */
export function procFile(name: keyof typeof HANDED): string | null {
  const path = `/proc/${name}`;
  return orNull(() => name === "self/ns/pid" ? readlinkSync(path) : readFileSync(path, "utf8")) ??
    orNull(() => Deno.env.get(HANDED[name]) || null);
}

function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
