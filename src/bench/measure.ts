/** What a bench reads off the machine: seconds, memory, load. */

import { freemem, totalmem } from "node:os";
import process from "node:process";
import { procFile } from "../proc_files.ts";

/** Middle of some measurements; of an even number the larger of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Seconds that the work took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Where WebGPU encodes, hands over and copies: the driver's part of a step on this thread. */
export const driverCalls = (): [prototype: object, method: string][] => [
  [GPUCommandEncoder.prototype, "finish"],
  [GPUQueue.prototype, "submit"],
  [GPUQueue.prototype, "writeBuffer"],
];

/** Seconds that `work` spends in these calls. */
export async function secondsInDriver(work: () => unknown): Promise<number> {
  let seconds = 0;
  const originals = driverCalls().map(([prototype, method]) => {
    const calls = prototype as Record<string, (...values: unknown[]) => unknown>;
    const original = calls[method];
    calls[method] = function (...values) {
      const start = performance.now();
      try {
        return original.apply(this, values);
      } finally {
        seconds += (performance.now() - start) / 1000;
      }
    };
    return () => void (calls[method] = original);
  });
  try {
    await work();
  } finally {
    for (const restore of originals) restore();
  }
  return seconds;
}

/** Most bytes of memory that a process has had, by its /proc/PID/status; null: it is silent. */
export function peakBytesIn(status: string): number | null {
  const found = /^VmHWM:\s*(\d+) kB/m.exec(status);
  return found && Number(found[1]) * 1024;
}

/** Most bytes of memory that this process has had: of its life on Linux, elsewhere of now. */
export function peakProcessBytes(): number {
  const peak = peakBytesIn(procFile("self/status") ?? "");
  if (peak !== null) return peak;
  // Where /proc may not be read; it is in kB.
  if (Deno.build.os === "linux") return process.resourceUsage().maxRSS * 1024;
  return Deno.memoryUsage().rss;
}

export interface Load {
  /** Processes that wanted to run, averaged over the last minute; 0 on Windows. */
  load: number;
  logicalCores: number;
  memoryBytes: number;
  freeBytes: number;
}

export function currentLoad(): Load {
  return {
    load: Deno.loadavg()[0],
    logicalCores: navigator.hardwareConcurrency,
    memoryBytes: totalmem(),
    freeBytes: freemem(),
  };
}
