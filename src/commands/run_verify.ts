/** `wsvad verify`: golden cases, one after the other, on one device. */

import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault, isFault } from "../fault.ts";
import { type CasePlace, namedCases } from "../verify/built_in_cases.ts";
import type { Comparison } from "../verify/compare.ts";
import type { GoldenRunner, PartRunner } from "../verify/golden_runner.ts";
import { readGoldenCase } from "../verify/golden_case.ts";
import { runCase } from "../verify/run_case.ts";
import { bnWvad } from "../verify/runners/bn_wvad.ts";
import { clipText } from "../verify/runners/clip_text.ts";
import { clipTsa } from "../verify/runners/clip_tsa.ts";
import { gsMoe } from "../verify/runners/gs_moe.ts";
import { mgfn } from "../verify/runners/mgfn.ts";
import { mil } from "../verify/runners/mil.ts";
import { rtfm } from "../verify/runners/rtfm.ts";
import { s3r } from "../verify/runners/s3r.ts";
import { tpwng } from "../verify/runners/tpwng.ts";
import { urDmu } from "../verify/runners/ur_dmu.ts";
import { vadclip } from "../verify/runners/vadclip.ts";

const runners: Record<string, GoldenRunner | PartRunner> = {
  mil,
  rtfm,
  mgfn,
  ur_dmu: urDmu,
  bn_wvad: bnWvad,
  gs_moe: gsMoe,
  s3r,
  tpwng,
  vadclip,
  clip_text: clipText,
  clip_tsa: clipTsa,
};

export interface VerifyOptions extends DeviceOptions {
  /** Folders with case.json and expected.safetensors, or names of built-in cases; none: all built-in ones. */
  cases: string[];
  /** Compares with this file in place of the folder's expected.safetensors. */
  against?: string;
  /** Told before each case. */
  onCase?: (folder: string) => void;
}

export interface CaseReport {
  /** The folder as it was named, or the name of a built-in case. */
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
  device: { name: string } & Record<string, unknown>;
  ok: boolean;
  cases: CaseReport[];
}

/** Runs every case; a case that cannot run is reported and the rest go on. */
export async function runVerify(options: VerifyOptions): Promise<VerifyReport> {
  const device = await openDevice(options);
  try {
    const cases: CaseReport[] = [];
    for (const place of namedCases(options.cases)) {
      options.onCase?.(place.name);
      cases.push(await report(place, options.against));
      device.assertHealthy();
    }
    const about = { name: device.name, ...device.describe() };
    return { device: about, ok: cases.every(({ ok }) => ok), cases };
  } finally {
    await device.close();
  }
}

async function report(
  { name: folder, folder: path }: CasePlace,
  against?: string,
): Promise<CaseReport> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  let runner = "", name = "";
  try {
    const golden = await readGoldenCase(path, against);
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
