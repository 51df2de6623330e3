/** What Linux tells of a process that a task has started. */

import { readFileSync } from "node:fs";
import { peakBytesIn } from "../src/bench/measure.ts";

/** Most bytes of memory that it has had; 0 where it has ended or is not shown. */
export function peakBytesOf(process: number): number {
  return peakBytesIn(textOf(process, "status")) ?? 0;
}

/**
 * Seconds of the processor that it took so far, which are told in hundredths; 0 where it has ended
 * or is not shown.
 */
export function processorSecondsOf(process: number): number {
  const stat = textOf(process, "stat");
  const [user = "0", system = "0"] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14);
  return (Number(user) + Number(system)) / 100;
}

function textOf(process: number, name: string): string {
  try {
    return readFileSync(`/proc/${process}/${name}`, "utf8");
  } catch {
    return "";
  }
}
