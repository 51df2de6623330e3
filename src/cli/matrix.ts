/** `wsvad matrix`. */

import { Command } from "commander";
import { existsSync } from "node:fs";
import { withExamples } from "./help.ts";
import { matrixText } from "./matrix_text.ts";
import { printJson, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import {
  type ConfigFlags,
  type DeviceFlags,
  deviceOptions,
  parseCount,
  withConfigDir,
  withDevice,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { withStop } from "./stop_signal.ts";
import { type MatrixResult, work } from "./work.ts";

interface MatrixFlags extends DeviceFlags, Pick<ConfigFlags, "configDir" | "plugin"> {
  runners?: string[];
  official?: string[];
  seeds: number;
  out: string;
  json?: boolean;
  quiet?: boolean;
}

/** @param failed called when a cell has failed, and told whether one of them by our own fault */
export function matrixCommand(failed: (bug: boolean) => void): Command {
  const command = new Command("matrix")
    .summary("train many methods with several seeds, and put them into one table")
    .description(
      "Trains every runner with every seed and writes matrix.json, matrix.md, matrix.tex and " +
        "matrix.html: mean and standard deviation of ROC-AUC, AP, abnormal-only ROC-AUC and false " +
        "alarms, with parameters, training time, features, rules and published numbers. Features of " +
        "different kinds stand in different tables.\n\n" +
        "Each training is a run folder below <out>/cells, named by a hash of its whole configuration. " +
        "The same command again runs only what is missing: a finished cell stays, a stopped one is " +
        "continued, a changed setting makes new cells. A cell that fails is listed with its message " +
        "and does not stop the others; the exit code is then 1, or 2 where it was a bug of wsvad.\n\n" +
        "Files behind --official are checkpoints that were trained elsewhere: each is a cell marked as " +
        "imported, evaluated without training on the same test videos. FILE is one of wsvad import, " +
        "NAME:FILE any other, with the settings of import; alone they train nothing.\n\n" +
        "On synthetic data methods that need text-aligned features get them (data.features=clip). A " +
        "dictionary that s3r needs is built in <out>.",
    )
    .argument(
      "[settings...]",
      "key=value and group=name for all runners, <runner>:key=value for one of them",
    )
    .option(
      "--runners <names>",
      "methods to train, separated by commas (default: all, or none with --official)",
      parseNames,
    )
    .option("--official <files...>", "imported checkpoints, as FILE or NAME:FILE")
    .option(
      "--seeds <n>",
      "seeds of each method: 0, 1 ..., or from trainer.seed on where it is set",
      parseCount,
      3,
    )
    .option("--out <dir>", "matrix folder; may hold an earlier matrix", "runs/matrix");
  withQuiet(withJson(withDevice(withConfigDir(command))));
  withExamples(command, [
    [
      "wsvad matrix trainer=quick",
      "all methods on small synthetic data, as docs/matrix.md shows",
    ],
    [
      "wsvad matrix --runners mil,rtfm --seeds 5 data=ucf_crime_i3d data.root=/data/ucf_crime",
      "two methods on your features",
    ],
    [
      "wsvad matrix --runners rtfm,ur_dmu trainer=quick rtfm:runner.head.k=5",
      "a setting for one of them",
    ],
    [
      "wsvad matrix --runners rtfm --official rtfm:rtfm_official.pkl data=ucf_crime_i3d " +
      "data.root=/data/ucf_crime",
      "your training beside the official weights",
    ],
  ]);
  return command.action((settings: string[], flags: MatrixFlags) =>
    matrix(settings, flags, failed)
  );
}

async function matrix(
  behind: string[],
  flags: MatrixFlags,
  failed: (bug: boolean) => void,
): Promise<void> {
  const { runMatrix } = await work.matrix();
  const { runners, seeds, configDir = [], plugin: plugins, out: folder } = flags;
  // An option that takes many words takes the settings behind it too.
  const words = flags.official ?? [];
  const official = words.filter((word) => !isSetting(word));
  const settings = [...words.filter(isSetting), ...behind];
  const request = { runners, official, seeds, settings, configDirs: configDir, plugins, folder };
  const device = deviceOptions(flags);
  const result: MatrixResult = await withStop((stop) =>
    withProgress(flags, (progress) => runMatrix({ ...request, device, progress, stop }))
  );
  if (result.failed.length > 0) failed(result.failed.some(({ bug }) => bug));
  if (flags.json) printJson(result);
  else printResult(matrixText(result));
}

/** `key=value`, `group=name`, `runner:key=value`; a file of such a name is a file. */
function isSetting(word: string): boolean {
  return /^[^/\\=]+=/.test(word) && !existsSync(word);
}

function parseNames(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}
