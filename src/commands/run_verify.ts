/** `wsvad verify`: golden cases, one after the other, on one device. */

import { resolve } from "node:path";
import type { DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault, isFault } from "../fault.ts";
import { builtInCases, type CasePlace, namedCases } from "../verify/built_in_cases.ts";
import type { Comparison } from "../verify/compare.ts";
import type { GoldenRunner } from "../verify/golden_runner.ts";
import { readCaseFile, readGoldenCase } from "../verify/golden_case.ts";
import { recipeAgainst } from "../verify/case_recipe.ts";
import { runCase } from "../verify/run_case.ts";
import { goldenRunners } from "../verify/runners/index.ts";

export interface VerifyOptions extends DeviceOptions {
  /**
   * Folders with case.json and expected.safetensors, or names of built-in cases; none: all built-in
   * ones.
   */
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
  /** Its name; "recipe": the settings of the recipe, each beside what the method's cases say. */
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

/**
 * Runs every case, and holds the recipes of built-in cases against all of them; a case that cannot
 * run is reported and the rest go on.
 */
export async function runVerify(options: VerifyOptions): Promise<VerifyReport> {
  const device = await openDevice(options);
  try {
    const cases: CaseReport[] = [];
    const places = namedCases(options.cases);
    for (const runner of builtInMethods(places)) cases.push(await recipeReport(runner));
    for (const place of places) {
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

/** Methods of which built-in cases are run: their recipes can be held against all of these. */
function builtInMethods(places: CasePlace[]): string[] {
  const folders = new Set(places.map(({ folder }) => resolve(folder)));
  const methods = builtInCases().filter(({ folder }) => folders.has(folder))
    .map(({ name }) => name.split("/")[0]);
  return [...new Set(methods)].filter((name) => "settings" in goldenRunners[name]);
}

/** The settings of a recipe, each beside what the method's built-in cases say of it. */
async function recipeReport(runner: string): Promise<CaseReport> {
  const start = performance.now();
  const own = builtInCases().filter(({ name }) => name.startsWith(`${runner}/`));
  const cases = await Promise.all(own.map(({ folder }) => readCaseFile(folder)));
  const { settings, apart } = goldenRunners[runner] as GoldenRunner;
  const tensors = recipeAgainst(cases, settings, apart).map(({ path, recipe, cases, ok }) => {
    const [found, ...expected] = [recipe, ...cases].map((value) => JSON.stringify(value));
    const note = ok
      ? found
      : `${found}, the official code has ${[...new Set(expected)].join(", ")}`;
    return { name: path, difference: null, limit: 0, ok, note };
  });
  const ok = tensors.every((setting) => setting.ok);
  const seconds = (performance.now() - start) / 1000;
  return { folder: `configs/runner/${runner}.yaml`, runner, case: "recipe", ok, seconds, tensors };
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
    if (!goldenRunners[runner]) {
      throw fault(
        Error,
        `Cannot run golden case "${folder}": runner "${runner}" is not here; runners: ${
          Object.keys(goldenRunners).join(", ")
        }`,
      );
    }
    const tensors = await runCase(golden, goldenRunners[runner]);
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
