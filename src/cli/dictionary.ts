/** `wsvad dictionary`. */

import { Command, Option } from "commander";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withPlugins } from "./plugins.ts";
import { withProgress } from "./progress.ts";
import {
  allOverrides,
  type ConfigFlags,
  parseCount,
  parsePositive,
  withConfig,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { type DictionaryResult, work } from "./work.ts";

interface DictionaryFlags extends ConfigFlags {
  out: string;
  overwrite?: boolean;
  method: "codes" | "means";
  percent: number;
  iterations: number;
  seed: number;
  json?: boolean;
  quiet?: boolean;
}

export function dictionaryCommand(): Command {
  const command = new Command("dictionary")
    .summary("build the dictionary of normal patterns that s3r needs")
    .description(
      "Reads the normal training videos and writes a dictionary [slots, channels] for s3r. " +
        "Give the data settings of the training; it prints the settings to add there.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`")
    .requiredOption("--out <file>", "file to write, .npy or .safetensors")
    .option("--overwrite", "replace the file where it exists")
    .addOption(
      new Option(
        "--method <name>",
        "codes: the official recipe; means: the videos' mean features themselves",
      ).choices(["codes", "means"]).default("codes"),
    )
    .option(
      "--percent <p>",
      "slots per hundred normal videos (official: 50 for UCF-Crime, 90 for ShanghaiTech)",
      parsePositive,
      50,
    )
    .option("--iterations <n>", "batches to learn from", parseCount, 100)
    .option("--seed <n>", "seed of the random numbers", parseCount, 42);
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    ["wsvad dictionary --out dictionary.npy", "from the built-in synthetic data"],
    [
      "wsvad dictionary --out ucf_crime.npy data=ucf_crime_i3d data.root=/data/ucf_crime",
      "from your features",
    ],
  ]);
  return command.action(dictionary);
}

async function dictionary(settings: string[], flags: DictionaryFlags): Promise<void> {
  const { resolveConfig } = await import("../config/resolve_config.ts");
  const { registry: catalog } = await import("../model/registry.ts");
  const given = allOverrides(settings, { ...flags, runner: flags.runner ?? "s3r" });
  const overrides = await withPlugins(given, flags);
  const config = resolveConfig({ overrides, configDirs: flags.configDir, catalog });
  const { buildDictionary } = await work.dictionary();
  const { out, method, percent, iterations, seed } = flags;
  const request = { config, out, method, percent, iterations, seed };
  const result = await withProgress(
    flags,
    (progress) => buildDictionary({ ...request, overwrite: flags.overwrite ?? false, progress }),
  );
  if (flags.json) printJson(result);
  else printResult(dictionaryText(result));
}

function dictionaryText({ path, slots, channels, videos, settings }: DictionaryResult): string {
  return [
    `${slots} slots of ${channels} channels from ${videos} normal videos in ${path}`,
    "",
    "Add to the training:",
    `  ${settings.join(" ")}`,
  ].join("\n");
}
