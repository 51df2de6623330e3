/** What the machine tells of its main memory. */

const ASKED = { name: "sys", kind: "systemMemoryInfo" } as const;

/** Bytes that are free, and all there are; null where the user does not allow to ask. */
export function machineMemory(): { available: number; total: number } | null {
  if (Deno.permissions.querySync(ASKED).state !== "granted") return null;
  return Deno.systemMemoryInfo();
}
