/** The configuration of commands that look at data alone. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import { withPlugins } from "./plugins.ts";
import { allOverrides, type ConfigFlags } from "./shared_options.ts";

/**
 * The settings of a command line, with those of a simple method where none is named.
 *
 * @throws fault, as `resolveConfig`
 */
export async function configOf(settings: string[], flags: ConfigFlags): Promise<ResolvedConfig> {
  const { resolveConfig } = await import("../config/resolve_config.ts");
  const { registry: catalog } = await import("../model/registry.ts");
  const given = allOverrides(settings, { ...flags, runner: flags.runner ?? "mil" });
  const overrides = await withPlugins(given, flags);
  return resolveConfig({ overrides, configDirs: flags.configDir, catalog });
}
