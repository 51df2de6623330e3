/** What was typed as an option and is a setting: `--lr 0.1` for `runner.optimizer.lr=0.1`. */

import type { Command } from "commander";

/**
 * A hint for an option that the command does not know.
 *
 * @param option as typed, a value behind `=` with it
 * @param args the command line, for the method and the value
 * @returns null where the command takes no settings or none is near
 */
export async function settingHint(
  command: Command | undefined,
  option: string,
  args: readonly string[],
): Promise<string | null> {
  if (!command?.registeredArguments.some((argument) => argument.name() === "settings")) return null;
  const [flag, own] = option.split(/=(.*)/s);
  const next = args[args.indexOf(option) + 1];
  const value = own ?? (next === undefined || /^-\D|=/.test(next) ? "..." : next);
  const key = await nearestSetting(flag.replace(/^-+/, "").replaceAll("-", "_"), args);
  return key === undefined
    ? null
    : `${flag} is no option; settings are key=value: did you mean ${key}=${value}?`;
}

/** The setting nearest to a word, among those of the method that the command line names. */
async function nearestSetting(word: string, args: readonly string[]): Promise<string | undefined> {
  const { configSchema } = await import("../config/schema/index.ts");
  const { nearestPath } = await import("../config/nearest.ts");
  const { resolveConfig } = await import("../config/resolve_config.ts");
  const { settingPaths } = await import("../config/schema_walk.ts");
  const { listGroup } = await import("../config/groups.ts");
  const { registry: catalog } = await import("../model/registry.ts");
  const named = args.map((arg, i) => args[i - 1] === "--runner" ? arg : arg.split("runner=")[1]);
  const built = listGroup("runner", []).map(({ name }) => name);
  const runner = named.find((name) => built.includes(name)) ?? "mil";
  const config = resolveConfig({ overrides: [`runner=${runner}`], catalog });
  return nearestPath(word, settingPaths(configSchema(catalog), config));
}
