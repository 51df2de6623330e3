/** `wsvad verify`: golden cases, one after the other, on one device. */

import { type DeviceOptions, openDevice } from "../device/device.ts";
import { fault, isFault } from "../fault.ts";
import type { Comparison } from "./compare.ts";
import type { GoldenRunner } from "./golden_runner.ts";
import { readGoldenCase } from "./golden_case.ts";
import { runCase } from "./run_case.ts";
import { mgfn } from "./runners/mgfn.ts";
import { mil } from "./runners/mil.ts";
import { rtfm } from "./runners/rtfm.ts";

const runners: Record<string, GoldenRunner> = { mil, rtfm, mgfn };

export interface VerifyOptions extends DeviceOptions {
  /** Folders with case.json and expected.safetensors. */
  cases: string[];
  /** Compares with this file in place of the folder's expected.safetensors. */
  against?: string;
  /** Told before each case. */
  onCase?: (folder: string) => void;
}

export interface CaseReport {
  folder: string;
  runner: string;
  case: string;
  ok: boolean;
  seconds: number;
  tensors: Comparison[];
  /** Why the case could not run. */
  error?: string;
}

export interface VerifyReport {
  device: Record<string, unknown>;
  ok: boolean;
  cases: CaseReport[];
}

/** Runs every case; a case that cannot run is reported and the rest go on. */
export async function runVerify(options: VerifyOptions): Promise<VerifyReport> {
  const device = await openDevice(options);
  try {
    const cases: CaseReport[] = [];
    for (const folder of options.cases) {
      options.onCase?.(folder);
      cases.push(await report(folder, options.against));
      device.assertHealthy();
    }
    return { device: device.describe(), ok: cases.every(({ ok }) => ok), cases };
  } finally {
    await device.close();
  }
}

async function report(folder: string, against?: string): Promise<CaseReport> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  let runner = "", name = "";
  try {
    const golden = await readGoldenCase(folder, against);
    [runner, name] = [golden.runner, golden.case];
    if (!runners[runner]) {
      throw fault(
        Error,
        `Cannot run golden case "${folder}": runner "${runner}" is not here; runners: ${
          Object.keys(runners).join(", ")
        }`,
      );
    }
    const tensors = await runCase(golden, runners[runner]);
    const ok = tensors.every((tensor) => tensor.ok);
    return { folder, runner, case: name, ok, seconds: seconds(), tensors };
  } catch (error) {
    if (!isFault(error)) throw error;
    return {
      folder,
      runner,
      case: name,
      ok: false,
      seconds: seconds(),
      tensors: [],
      error: error.message,
    };
  }
}

/** A line per tensor with difference and limit, a line per case, for a person to read. */
export function verifyText({ cases }: VerifyReport): string {
  const lines: string[] = [];
  for (const { folder, ok, seconds, tensors, error } of cases) {
    lines.push(`${ok ? "ok  " : "FAIL"} ${folder}  (${seconds.toFixed(1)} s)`);
    if (error) lines.push(`     ${error}`);
    for (const { name, difference, limit, ok, note } of tensors) {
      const numbers = difference === null
        ? ""
        : `  difference ${difference.toExponential(1)}  limit ${limit.toExponential(1)}`;
      lines.push(`  ${ok ? "ok  " : "FAIL"} ${name}${numbers}${note ? `  (${note})` : ""}`);
    }
  }
  const failed = cases.filter(({ ok }) => !ok).length;
  lines.push(`${cases.length - failed} of ${cases.length} cases passed`);
  return lines.join("\n");
}
