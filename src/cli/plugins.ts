/** Plugins before the settings of a command line are read. */

import type { ConfigFlags } from "./shared_options.ts";

/** Loads the plugins of a command line; the settings with those that the configuration keeps. */
export async function withPlugins(
  overrides: string[],
  { configDir, plugin }: ConfigFlags,
): Promise<string[]> {
  const runner = overrides.findLast((text) => text.startsWith("runner="))?.slice("runner=".length);
  const { pluginOverrides } = await import("../model/load_plugins.ts");
  const named = await pluginOverrides({
    ...{ plugins: plugin, runner, overrides, configDirs: configDir },
  });
  return [...overrides, ...named];
}

/** Loads plugins alone. */
export async function loadPlugins(plugins: string[] = []): Promise<void> {
  if (plugins.length === 0) return;
  const { pluginOverrides } = await import("../model/load_plugins.ts");
  await pluginOverrides({ plugins });
}
