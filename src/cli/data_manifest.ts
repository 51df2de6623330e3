/** `wsvad data manifest`: records of what lies where. */

import { Command } from "commander";
import type { Said } from "../commands/write_manifest.ts";
import { configOf } from "./data_config.ts";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { type ConfigFlags, withConfig, withJson, withQuiet } from "./shared_options.ts";
import { work } from "./work.ts";

interface ManifestFlags extends ConfigFlags {
  out: string;
  lineage?: string;
  extractor?: string;
  cropOrder?: string;
  grid?: string;
  tunedOn?: string;
  sums?: boolean;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function manifestCommand(): Command {
  const command = new Command("manifest")
    .summary("write down what lies where, with labels and where it comes from")
    .description(
      "Writes a record for each feature file of both splits: video, class, place, shape and where " +
        "it comes from, with a hash of a few of its rows. A run with data.source=manifest reads it " +
        "in place of folders and lists, and refuses files that are not those it was made of.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`")
    .requiredOption("--out <file>", "a file that ends in .jsonl or .parquet")
    .option("--lineage <name>", "name of the extraction: files of one lineage belong together")
    .option("--extractor <name>", "what made the features")
    .option("--crop-order <text>", 'which crop is which, such as "centre first"')
    .option("--grid <rule>", "how snippets lie over frames: ceil, floor (default: as measured)")
    .option("--tuned-on <set>", "a data set on which the extractor was tuned")
    .option("--sums", "the sha256 of every whole file, too: reads all bytes")
    .option("--overwrite", "write anew what is there");
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    [
      "wsvad data manifest data=ucf_crime data.variant=i3d_mgfn --out manifest.jsonl",
      "what data.source=manifest data.train=manifest.jsonl data.test=manifest.jsonl reads",
    ],
    [
      "wsvad data manifest data=binary data.root=/data/own --extractor x3d --out own.parquet",
      "own features, as a table",
    ],
  ]);
  return command.action(async (settings: string[], flags: ManifestFlags) => {
    const config = await configOf(settings, flags);
    const { writeManifest } = await work.manifest();
    const { out, lineage, extractor, cropOrder, grid, tunedOn, sums = false } = flags;
    const said: Said = { lineage, extractor, crop_order: cropOrder, grid, tuned_on: tunedOn };
    const result = await withProgress(
      flags,
      (progress) =>
        writeManifest(config, { out, said, sums, overwrite: flags.overwrite ?? false, progress }),
    );
    if (flags.json) return printJson(result);
    const { records, videos } = result;
    printResult(
      `${records} records of ${videos.train} training and ${videos.test} test videos\n` +
        `data.source=manifest data.train=${out} data.test=${out}`,
    );
  });
}
