/**
 * `wsvad train` and `wsvad demo` before the first step: from the words of a command line to a
 * configuration, and to a folder of its own. Mistakes in these are told before tfjs is loaded.
 */

import { claimRun, inFolder } from "../run_folder/claim_folder.ts";
import type { RunResult } from "./run_result.ts";
import type { Surroundings } from "./opened_run.ts";

export interface NewRun {
  /** key=value and group=name. */
  overrides: string[];
  configDirs?: string[];
  /** Files of --plugin. */
  plugins?: string[];
  /** Name of the folder below runs/; absent: runner, data and seed. */
  name?: string;
  /** The run folder itself; absent: one below runs/. */
  out?: string;
  overwrite?: boolean;
}

/**
 * Resolves the settings and claims the run folder.
 *
 * @returns trains in it; a folder into which nothing was written is removed again when that fails
 * @throws fault: settings that cannot be, a folder that holds something or cannot be made
 */
export async function prepareRun(
  { overrides: given, configDirs, plugins, name, out, overwrite = false }: NewRun,
): Promise<(surroundings: Surroundings) => Promise<RunResult>> {
  const { chooseGroups, resolveConfig } = await import("../config/resolve_config.ts");
  // Before the registry and with it tfjs is loaded: the commonest mistake is to name no runner.
  const choices = chooseGroups({ overrides: given, configDirs });
  const { registry: catalog } = await import("../model/registry.ts");
  const { pluginOverrides } = await import("../model/load_plugins.ts");
  const { runner } = choices;
  const named = await pluginOverrides({ plugins, runner, overrides: given, configDirs });
  const overrides = [...given, ...named];
  const asked = resolveConfig({ overrides, configDirs, catalog });
  const { knownSettings } = await import("./known_settings.ts");
  const known = await knownSettings(asked);
  const config = known.length === 0
    ? asked
    : resolveConfig({ overrides: [...known, ...overrides], configDirs, catalog });
  const { runTraining } = await import("./run_training.ts");
  const data = choices.data === "synthetic" ? config.data.source : choices.data;
  const usual = `${config.runner.name}-${data}-seed${config.trainer.seed}`;
  const folder = claimRun(fileName(name ?? usual), { out, overwrite });
  return (surroundings) =>
    inFolder(
      folder,
      () => runTraining({ ...surroundings, config, runFolder: folder.path, overwrite }),
    );
}

/** A runner's name may hold what a file name cannot. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, "_");
}
