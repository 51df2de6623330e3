/**
 * Cells of a matrix that are not trained: checkpoints of other programs, evaluated on the test
 * videos of the grid.
 */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { listGroup } from "../config/groups.ts";
import { chooseGroups, resolveConfig } from "../config/resolve_config.ts";
import { fault } from "../fault.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { entryAt, linkFault } from "../io/read_file.ts";
import { type CellResult, cellResult } from "../launch/gather_matrix.ts";
import { type Cell, cellKey, needsTextFeatures, settingsFor } from "../launch/matrix_cells.ts";
import { settingsChanged } from "../launch/settings_changed.ts";
import { pluginOverrides } from "../model/load_plugins.ts";
import { registry } from "../model/registry.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { methodOf } from "../run_folder/load_checkpoint.ts";
import { readResult } from "../run_folder/read_run.ts";
import type { Surroundings } from "./opened_run.ts";
import { type EvaluationRequest, runEvaluation } from "./run_evaluation.ts";

/** A checkpoint that a grid is to hold. */
export interface Official {
  /** The method whose weights it holds. */
  runner: string;
  file: string;
  /** Whether the file itself says what it holds, as `wsvad import` writes it. */
  saysMethod: boolean;
}

/** Where a matrix looks for settings, and what they are. */
export interface GridSettings {
  settings: readonly string[];
  configDirs?: readonly string[];
  plugins?: readonly string[];
}

/** A checkpoint as a cell, with the folder of its evaluation. */
export interface OfficialPlace {
  cell: Cell;
  config: Cell["config"];
  key: string;
  /** Relative to the matrix folder. */
  name: string;
  path: string;
  /** What `wsvad eval` is asked. */
  request: Pick<
    EvaluationRequest,
    "checkpoint" | "runner" | "overrides" | "configDirs" | "plugins"
  >;
}

/** What a matrix takes from the evaluation.json of a cell. */
const evaluated = z.object({
  ...cellResult.omit({ best: true }).shape,
  evaluation: z.object({
    metrics: z.record(z.string(), z.number().nullable()),
    reasons: z.record(z.string(), z.string()),
  }),
});

/**
 * The checkpoints that the words of a command line name: FILE, or NAME:FILE where the file does not
 * say which method it holds.
 *
 * @throws fault: no such file, a file of another program without NAME, one that is named twice
 */
export async function readOfficials(
  words: readonly string[],
  configDirs: readonly string[] = [],
): Promise<Official[]> {
  const runners = listGroup("runner", [...configDirs]).map(({ name }) => name);
  const officials: Official[] = [];
  for (const word of words) {
    const [, name, rest] = word.match(/^([\w-]+):(.+)$/s) ?? [];
    const named = name !== undefined && runners.includes(name);
    const file = named ? rest : word;
    const attempted = `Cannot put "${word}" into the matrix`;
    if (entryAt(file, attempted) === null) {
      throw linkFault(file, attempted) ??
        fault(Error, `${attempted}: no such file; name a checkpoint, as FILE or NAME:FILE`);
    }
    const own = await methodOf(file);
    const runner = named ? name : own;
    if (runner === null) {
      throw fault(
        TypeError,
        `${attempted}: it does not say which method it holds; write NAME:${file} with one of ${
          runners.join(", ")
        }`,
      );
    }
    if (own !== null && runner !== own) {
      throw fault(TypeError, `${attempted}: it holds weights of ${own}; name it as ${file}`);
    }
    if (officials.some((other) => other.file === file)) {
      throw fault(RangeError, `${attempted}: the file is named twice`);
    }
    officials.push({ runner, file, saysMethod: own !== null });
  }
  return officials;
}

/**
 * The cell of a checkpoint: its configuration with the settings of the grid, and a folder that
 * these and the bytes of the file name.
 *
 * @param runners all methods of the grid
 * @param folder the matrix folder, absolute
 * @throws fault: weights that are not read, settings that the method refuses
 */
export async function placeOfficial(
  { runner, file, saysMethod }: Official,
  runners: readonly string[],
  folder: string,
  { settings, configDirs = [], plugins }: GridSettings,
): Promise<OfficialPlace> {
  const own = settingsFor([runner], settings, runners);
  const named = await pluginOverrides({ plugins, runner, configDirs });
  const { data } = chooseGroups({ overrides: [`runner=${runner}`, ...own], configDirs });
  const recipeWith = (...more: string[]) =>
    resolveConfig({
      catalog: registry,
      configDirs,
      overrides: [`runner=${runner}`, `data=${data}`, ...named, ...more],
    });
  const extra = needsTextFeatures(recipeWith()) ? ["data.features=clip"] : [];
  const request: OfficialPlace["request"] = {
    checkpoint: file,
    ...saysMethod ? {} : { runner },
    // All cells stand on the same data, whatever an imported file was made with.
    overrides: [`data=${data}`, ...extra, ...own],
    configDirs: [...configDirs],
    plugins: plugins && [...plugins],
  };
  const opened = await openCheckpoint(request);
  const recipe = recipeWith(`runner.features.dim=${opened.dim}`);
  // Settings of a training say nothing of weights that are not trained here.
  const config = { ...opened.config, trainer: recipe.trainer };
  const key = await cellKey(config, folder, await sha256OfFile(opened.path));
  const name = join("cells", `${runner.replace(/[^A-Za-z0-9._-]+/g, "_")}-official-${key}`);
  const changes = settingsChanged(recipe, config);
  const who = { row: runner, runner, varied: [], seed: null, official: basename(file) };
  const cell = { ...who, config, changes };
  return { cell, config, key, name, path: join(folder, name), request };
}

/**
 * Evaluates the checkpoint of a cell, unless that was done.
 *
 * @throws fault as `wsvad eval`
 */
export async function evaluateOfficial(
  { path, request }: OfficialPlace,
  { device, progress }: Surroundings,
): Promise<CellResult> {
  const file = join(path, "evaluation.json");
  if (!existsSync(file)) {
    await runEvaluation({ ...request, out: path, overwrite: true, device, progress });
  }
  const { evaluation: { metrics, reasons }, ...result } = await readResult(
    file,
    evaluated,
    "remove its folder, and the cell is evaluated again",
  );
  return { ...result, best: { step: null, metrics, reasons } };
}
