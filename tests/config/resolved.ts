/** Settings of a made-up method, resolved or refused. */

import { assert } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import { isFault } from "../../src/fault.ts";
import { catalog, withFolder } from "./fake_catalog.ts";

export const environment = (name: string) => name === "WSAD_DATA" ? "/data" : undefined;

/** Resolves `runner=method` with these overrides and files. */
export async function resolved(
  overrides: string[],
  files: Record<string, string> = {},
): Promise<ResolvedConfig> {
  let config: ResolvedConfig | undefined;
  await withFolder(files, (folder) => {
    config = resolveConfig({
      catalog,
      overrides: ["runner=method", ...overrides],
      configDirs: [folder],
      environment,
    });
  });
  return config!;
}

/** The message with which these settings are refused, by a fault. */
export async function refusal(
  overrides: string[],
  files: Record<string, string> = {},
): Promise<string> {
  try {
    await resolved(overrides, files);
  } catch (error) {
    assert(isFault(error), `not a fault: ${(error as Error).stack}`);
    return error.message;
  }
  throw new Error(`not refused: ${overrides.join(" ")}`);
}
