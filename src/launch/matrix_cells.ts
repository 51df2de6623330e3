/**
 * The grid of a matrix: every row with every combination of the swept settings and every seed, each
 * with its resolved configuration.
 */

import {
  chooseGroups,
  type ConfigRequest,
  dumpConfig,
  resolveConfig,
} from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { isSwept, parseSweep, type Sweep } from "../config/sweep_grammar.ts";
import { fault, isFault } from "../fault.ts";
import type { CellName } from "../report/matrix.ts";
import type { RunnerRow } from "./matrix_rows.ts";
import { settingsChanged } from "./settings_changed.ts";
import { combinations, type RandomSearch } from "./sweep_settings.ts";

export interface GridRequest extends Pick<ConfigRequest, "catalog" | "configDirs"> {
  /** In the order of the tables. */
  rows: readonly RunnerRow[];
  /**
   * Seeds of each row, counted from trainer.seed on where the settings have it, else from 0; null:
   * the values of trainer.seed where that is swept, else three.
   */
  seeds: number | null;
  /** `key=value` and `group=name` for all rows; `row:key=value` or `runner:key=value` for some. */
  settings: readonly string[];
  /** Methods of cells that are not trained: a setting may be for one of these. */
  untrained?: readonly string[];
  /** Draws combinations of swept settings; null takes all. */
  search?: RandomSearch | null;
}

/** One training of the grid, before it is known whether it was run; or one imported checkpoint. */
export interface Cell extends CellName {
  config: ResolvedConfig;
  /** What differs from the runner's own recipe: "data.batch_size 60 -> 8". */
  changes: string[];
}

/**
 * The cells in the order in which they are run: all rows with the first seed, then with the next.
 *
 * @throws fault: a setting that is not known, or that one of the rows refuses; all of them before
 *   anything is run
 */
export function planCells(request: GridRequest): Cell[] {
  const { rows, settings, untrained = [] } = request;
  const names = [...rows.flatMap(({ name, runner }) => [name, runner]), ...untrained];
  const planned = rows.map((row) => {
    const own = settingsFor([row.name, row.runner], settings, names);
    return planRow(row, [...own, ...row.settings], request);
  });
  const most = planned.reduce((most, { seeds }) => Math.max(most, seeds.length), 0);
  return Array.from(
    { length: most },
    (_, i) =>
      planned.flatMap(({ seeds, cells }) =>
        i < seeds.length ? cells.map((cell) => cell(seeds[i])) : []
      ),
  ).flat();
}

/**
 * The settings of a grid that are for one row, without its name before them.
 *
 * @param own the row's names: its own and that of its method
 * @param names those of all rows of the grid
 * @throws fault: a setting for a row that is not in the grid, or one that chooses a method
 */
export function settingsFor(
  own: readonly string[],
  settings: readonly string[],
  names: readonly string[],
): string[] {
  return settings.map((setting) => splitSetting(setting, names))
    .filter(({ only }) => only === undefined || own.includes(only))
    .map(({ override }) => override);
}

function splitSetting(
  setting: string,
  names: readonly string[],
): { only?: string; override: string } {
  const [, only, override] = setting.match(/^([^=:]+):(.+)$/s) ?? [];
  if (only === undefined) {
    if (!/^runner(=|$)/.test(setting)) return { override: setting };
    throw fault(
      RangeError,
      `Cannot apply "${setting}" to a matrix: it has many runners; name them with --runners`,
    );
  }
  if (names.includes(only)) return { only, override };
  throw fault(
    RangeError,
    `Cannot apply "${setting}": no runner "${only}" in the matrix (${
      [...new Set(names)].join(", ")
    })`,
  );
}

function planRow(
  { name: row, runner }: RunnerRow,
  settings: string[],
  { catalog, configDirs, seeds: count, search = null }: GridRequest,
): { seeds: number[]; cells: ((seed: number) => Cell)[] } {
  const all = settings.map(parseSweep);
  // A value that is set later, such as that of a variant, stands in place of the swept ones.
  const sweeps = all.filter((sweep, i) =>
    !isSwept(sweep) || !all.slice(i + 1).some(({ key }) => bare(key) === bare(sweep.key))
  );
  const isSeed = ({ key }: Sweep) => bare(key) === "trainer.seed";
  const seedSweep = sweeps.findLast((sweep) => isSeed(sweep) && isSwept(sweep));
  const fixed = sweeps.filter((sweep) => !isSwept(sweep));
  const constant = [`runner=${runner}`, ...fixed.map(({ text }) => text)];
  const resolve = (...more: string[]) => {
    try {
      return resolveConfig({ catalog, configDirs, overrides: [...constant, ...more] });
    } catch (error) {
      if (!isFault(error)) throw error;
      throw fault(RangeError, `${error.message}; this is for runner "${row}" of the matrix`, {
        cause: error,
      });
    }
  };
  const varied = combinations(sweeps.filter((sweep) => sweep !== seedSweep), search);
  const cells = varied.map((own) => {
    const extra = needsTextFeatures(resolve(...own)) ? [...own, "data.features=clip"] : own;
    const { data } = chooseGroups({ overrides: [...constant, ...own], configDirs });
    const recipe = resolveConfig({
      catalog,
      configDirs,
      overrides: [`runner=${runner}`, `data=${data}`],
    });
    return (seed: number): Cell => {
      const config = resolve(...extra, `trainer.seed=${seed}`);
      const changes = settingsChanged(recipe, config);
      return { row, runner, varied: own, seed, official: null, config, changes };
    };
  });
  if (seedSweep !== undefined) return { seeds: seedsOf(seedSweep, count), cells };
  // A paper's own seed, which some recipes have, is no reason for rows with different seeds.
  const first = fixed.some(isSeed) ? resolve().trainer.seed : 0;
  return { seeds: Array.from({ length: count ?? DEFAULT_SEEDS }, (_, i) => first + i), cells };
}

function bare(key: string): string {
  return key.replace(/^\+*/, "");
}

/** Seeds of a row where nothing is said. */
const DEFAULT_SEEDS = 3;

function seedsOf({ text, values }: Sweep, count: number | null): number[] {
  if (count !== null) {
    throw fault(
      RangeError,
      `Cannot make a matrix of ${count} seeds and of "${text}": leave out --seeds, the setting says which they are`,
    );
  }
  const seeds = Array.isArray(values) ? values.map(Number) : [];
  if (seeds.length > 0 && seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    return [...new Set(seeds)];
  }
  throw fault(
    RangeError,
    `Cannot apply "${text}": seeds are whole numbers from 0 on, such as trainer.seed=0..4`,
  );
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
