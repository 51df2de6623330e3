/** `wsvad data prepare`: features pooled, packed, split by crops, or sorted by lists. */

import { Command, Option } from "commander";
import { configOf } from "./data_config.ts";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { type ConfigFlags, parseCount, withConfig, withJson, withQuiet } from "./shared_options.ts";
import { work } from "./work.ts";

interface PrepareFlags extends ConfigFlags {
  out: string;
  segments?: number;
  float16?: boolean;
  perCrop?: boolean;
  zip?: boolean;
  link?: boolean;
  copy?: boolean;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function prepareCommand(): Command {
  const command = new Command("prepare")
    .summary("pool, pack or split features once, or sort a dump by lists")
    .description(
      "Writes the features of both splits into <out>/train and <out>/test: training videos pooled " +
        "to segments, float16, a file a crop, an archive a split; or sorts files by the lists that " +
        "data.train and data.test name, and says how many are in neither. What is there already " +
        "is left, so that a run that was stopped goes on.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`")
    .requiredOption("--out <folder>", "folder to write into")
    .option("--segments <n>", "pool training videos by data.reduce: [N, n, D]", parseCount)
    .option("--float16", "half the bytes, and three digits of each value")
    .option("--per-crop", "a file a crop, <video>__<crop>.npy")
    .option("--zip", "train.zip and test.zip, stored, in place of folders")
    .addOption(new Option("--link", "sort: links to the files as they are").conflicts("copy"))
    .option("--copy", "sort: copies of the files as they are")
    .option("--overwrite", "write files anew that are there");
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    [
      "wsvad data prepare data=ucf_crime_i3d data.root=/data/ucf_crime --segments 32 --float16 --out seg32",
      "a twentieth of the bytes of ten-crop I3D",
    ],
    [
      "wsvad data prepare data=ucf_crime data.variant=clip data.root=UCFClipFeatures " +
      "data.train=ucf_CLIP_rgb.csv data.test=Anomaly_Test.txt --link --out ~/data/wsad/clip",
      "VadCLIP's dump sorted by the official lists",
    ],
  ]);
  return command.action(async (settings: string[], flags: PrepareFlags) => {
    const { data } = await configOf(settings, flags);
    const { prepareData } = await work.preparing();
    const { out, segments = null, link, copy } = flags;
    const { float16 = false, perCrop = false, zip = false, overwrite = false } = flags;
    const sort = link ? "link" : copy ? "copy" : null;
    const result = await withProgress(
      flags,
      (progress) =>
        prepareData(data, { out, segments, float16, perCrop, zip, sort, overwrite, progress }),
    );
    if (flags.json) return printJson(result);
    const { files, skipped, strays } = result;
    printResult([
      `${files.train} training and ${files.test} test files written` +
      (skipped > 0 ? `, ${skipped} were there` : ""),
      ...(strays === null || strays === 0
        ? []
        : [`${strays} files below data.root are in neither split, and were left out`]),
      result.settings.join(" "),
    ].join("\n"));
  });
}
