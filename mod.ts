/** What other programs may import of the tool: the types that plugins are written with. */

export type { LossTerm, Slot } from "./src/contract/slot.ts";
export type { Plugin, PluginEntries, PluginKit } from "./src/model/plugin_kit.ts";
