import process from "node:process";

/** Whether a process of this machine runs; null where it cannot be found out. */
export function isRunning(processId: number): boolean | null {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null;
    return (error as { code?: string }).code !== "ESRCH"; // EPERM: it runs, under another user
  }
}
