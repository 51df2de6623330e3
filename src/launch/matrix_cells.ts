/** The grid of a matrix: every runner with every seed, each with its resolved configuration. */

import {
  chooseGroups,
  type ConfigRequest,
  dumpConfig,
  resolveConfig,
} from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { fault, isFault } from "../fault.ts";
import { settingsChanged } from "./settings_changed.ts";

export interface GridRequest extends Pick<ConfigRequest, "catalog" | "configDirs"> {
  /** Names of runners, in the order of the rows. */
  runners: readonly string[];
  /** Seeds of each runner, counted from trainer.seed on where the settings have it, else from 0. */
  seeds: number;
  /** `key=value` and `group=name` for all runners; `runner:key=value` for one of them. */
  settings: readonly string[];
  /** Methods of cells that are not trained: a setting may be for one of these. */
  untrained?: readonly string[];
}

/** One training of the grid, before it is known whether it was run; or one imported checkpoint. */
export interface Cell {
  /** As on the command line. */
  runner: string;
  /** Null for an imported checkpoint. */
  seed: number | null;
  /** The name of the imported checkpoint, which is not trained; null for a training. */
  official: string | null;
  config: ResolvedConfig;
  /** What differs from the runner's own recipe: "data.batch_size 60 -> 8". */
  changes: string[];
}

/**
 * The cells in the order in which they are run: all runners with the first seed, then with the
 * next.
 *
 * @throws fault: a setting that is not known, or that one of the runners refuses; all of them
 *   before anything is run
 */
export function planCells(request: GridRequest): Cell[] {
  const { runners, seeds, settings, untrained = [] } = request;
  const twice = runners.find((runner, i) => runners.indexOf(runner) !== i);
  if (twice !== undefined) {
    throw fault(RangeError, `Cannot make a matrix: runner "${twice}" is named twice`);
  }
  const rows = runners.map((runner) => {
    const own = settingsFor(runner, settings, [...runners, ...untrained]);
    return planRow(runner, [`runner=${runner}`, ...own], request);
  });
  return Array.from({ length: seeds }, (_, i) => rows.map((row) => row(i))).flat();
}

/**
 * The settings of a grid that are for one method, without its name before them.
 *
 * @param runners all methods of the grid
 * @throws fault: a setting for a method that is not in the grid, or one that chooses a method
 */
export function settingsFor(
  runner: string,
  settings: readonly string[],
  runners: readonly string[],
): string[] {
  return settings.map((setting) => splitSetting(setting, runners))
    .filter(({ only }) => only === undefined || only === runner)
    .map(({ override }) => override);
}

function splitSetting(
  setting: string,
  runners: readonly string[],
): { only?: string; override: string } {
  const [, only, override] = setting.match(/^([^=:]+):(.+)$/s) ?? [];
  if (only === undefined) {
    if (!/^runner(=|$)/.test(setting)) return { override: setting };
    throw fault(
      RangeError,
      `Cannot apply "${setting}" to a matrix: it has many runners; name them with --runners`,
    );
  }
  if (runners.includes(only)) return { only, override };
  throw fault(
    RangeError,
    `Cannot apply "${setting}": no runner "${only}" in the matrix (${runners.join(", ")})`,
  );
}

function planRow(
  runner: string,
  overrides: string[],
  { catalog, configDirs }: GridRequest,
): (index: number) => Cell {
  const resolve = (...more: string[]) => {
    try {
      return resolveConfig({ catalog, configDirs, overrides: [...overrides, ...more] });
    } catch (error) {
      if (!isFault(error)) throw error;
      throw fault(RangeError, `${error.message}; this is for runner "${runner}" of the matrix`, {
        cause: error,
      });
    }
  };
  const extra = needsTextFeatures(resolve()) ? ["data.features=clip"] : [];
  // A paper's own seed, which some recipes have, is no reason for rows with different seeds.
  const given = overrides.some((override) => /^\+*trainer\.seed=/.test(override));
  const first = given ? resolve(...extra).trainer.seed : 0;
  const { data } = chooseGroups({ overrides, configDirs });
  const recipe = resolveConfig({
    catalog,
    configDirs,
    overrides: [`runner=${runner}`, `data=${data}`],
  });
  return (index) => {
    const seed = first + index;
    const config = resolve(...extra, `trainer.seed=${seed}`);
    return { runner, seed, official: null, config, changes: settingsChanged(recipe, config) };
  };
}

/**
 * Synthetic features can share a space with text; so a method that needs it can stand in the same
 * grid.
 */
export function needsTextFeatures({ data, runner }: ResolvedConfig): boolean {
  return data.source === "synthetic" && data.features !== "clip" && runner.features.text_aligned;
}

/**
 * The key of a cell: the first 12 digits of the SHA-256 of its whole configuration. The matrix
 * folder within it counts as ".", so that a matrix which was moved keeps its cells.
 *
 * @param weights what tells the weights of a cell that is not trained from others
 */
export async function cellKey(
  config: ResolvedConfig,
  folder: string,
  weights = "",
): Promise<string> {
  const text = dumpConfig(config).replaceAll(folder, ".") + weights;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).slice(0, 6).toHex();
}
