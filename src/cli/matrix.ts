/** `wsvad matrix`. */

import { Command, InvalidArgumentError, Option } from "commander";
import { existsSync } from "node:fs";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { launcherOf, type LaunchFlags, withLauncher } from "./launch_options.ts";
import { matrixText, planText } from "./matrix_text.ts";
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
import { type LaunchedCells, type MatrixResult, work } from "./work.ts";

interface MatrixFlags extends DeviceFlags, LaunchFlags, Pick<ConfigFlags, "configDir" | "plugin"> {
  cell?: string;
  runners?: string;
  official?: string[];
  seeds?: number;
  stop?: "median";
  random?: number;
  randomSeed?: number;
  out: string;
  json?: boolean;
  quiet?: boolean;
}

/** @param failed called when a cell has failed, and told whether one of them by our own fault */
export function matrixCommand(failed: (bug: boolean) => void): Command {
  const command = new Command("matrix")
    .summary("train many methods with several seeds, and put them into one table")
    .description(
      "Trains every runner with every seed, and with every value of settings that have several, and " +
        "writes matrix.json, matrix.md, matrix.tex and matrix.html: mean and standard deviation of " +
        "ROC-AUC, AP, abnormal-only ROC-AUC and false alarms, with parameters, training time, features, " +
        "rules and published numbers. Features of different kinds stand in different tables.\n\n" +
        "A setting with several values makes a row for each: key=1,2,3, key=range(0,10,2), " +
        "key=choice(a,b), key=0..4 with both ends; several such settings make every combination. With " +
        "--random N each row is N combinations drawn from these and from key=interval(low,high) or " +
        "key=loguniform(low,high). Quotes and brackets keep a comma: key='a,b', key=[1,2],[3].\n\n" +
        "Each training is a run folder below <out>/cells, named by a hash of its whole configuration. " +
        "The same command again runs only what is missing: a finished cell stays, a stopped one is " +
        "continued, a changed setting makes new cells, and the tables keep all that are finished. A cell " +
        "that fails is listed with its message and does not stop the others; the exit code is then 1, or " +
        "2 where it was a bug of wsvad.\n\n" +
        "Files behind --official are checkpoints that were trained elsewhere: each is a cell marked as " +
        "imported and evaluated on the same test videos, without training. FILE was written by wsvad " +
        "import or a run; NAME:FILE is of another program, NAME its method. Without --runners nothing is " +
        "trained.\n\n" +
        "On synthetic data methods that need text-aligned features get them (data.features=clip). A " +
        "dictionary that s3r needs is built in <out>.",
    )
    .argument(
      "[settings...]",
      "key=value and group=name for all rows, <runner>:key=value or <row>:key=value for some",
    )
    .option(
      "--runners <rows>",
      "methods, separated by commas (default: all, or none with --official), and variants of them: mil@key=value, or " +
        "name=mil@key=value@key=value",
    )
    .option("--official <files...>", "imported checkpoints, as FILE or NAME:FILE")
    .option(
      "--seeds <n>",
      "seeds of each row: 0, 1 ..., or from trainer.seed on where it is set; trainer.seed=3,5,8 " +
        "names them (default: 3)",
      parseCount,
    )
    .option(
      "--random <n>",
      "random search: draw so many combinations of values for each row",
      parseCount,
    )
    .option(
      "--random-seed <n>",
      "seed of --random: another number draws others (default: 0)",
      parseSeed,
    )
    .addOption(
      new Option(
        "--stop <rule>",
        "end cells whose metric is below the median of the finished cells of their row",
      ).choices(["median"]),
    )
    .option("--dry-run", "list the cells and how far each is; run and write nothing")
    .option("--out <dir>", "matrix folder; may hold an earlier matrix", "runs/matrix");
  withLauncher(command, "processes that run at once, with the threads divided among them");
  command.option(
    "--cell <dir>",
    "run one cell of a matrix folder; what the tasks of --launcher do",
  );
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
      "wsvad matrix --runners mil,mil@runner.head.dropout=0 runner.optimizer.lr=1e-4,1e-3 " +
      "trainer.seed=0..4",
      "two rows, two rates, five seeds: 20 cells",
    ],
    [
      "wsvad matrix --runners rtfm --random 20 --seeds 1 'runner.optimizer.lr=loguniform(1e-5,1e-2)' " +
      "runner.head.k=2,3,5",
      "twenty drawn settings",
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
  if (flags.cell !== undefined) return await runCell(flags.cell, flags);
  const launcher = launcherOf(flags);
  const { runners, seeds = null, configDir = [], plugin: plugins, out: folder } = flags;
  // An option that takes many words takes the settings behind it too.
  const words = flags.official ?? [];
  const official = words.filter((word) => !isSetting(word));
  const settings = [...words.filter(isSetting), ...behind];
  const grid = {
    ...{ official, seeds, settings, configDirs: configDir, plugins, folder },
    runners: runners === undefined ? undefined : [runners],
    search: searchOf(flags),
  };
  const median = flags.stop === "median";
  if (median && launcher?.kind === "slurm") {
    throw fault(
      RangeError,
      "Cannot use --stop with Slurm: a cell would have to wait for others; take --launcher local",
    );
  }
  const device = deviceOptions(flags);
  if (flags.dryRun) {
    const plan = await (await work.matrixGrid()).planMatrix(grid);
    const scripts = launcher?.kind === "slurm"
      ? await (await work.matrixScripts()).matrixScripts({ ...grid, device }, launcher)
      : [];
    if (flags.json) printJson({ ...plan, scripts });
    else printResult([planText(plan), ...scripts].join("\n\n"));
    return;
  }
  const { runMatrix } = await work.matrix();
  const result: MatrixResult & Partial<LaunchedCells> = await withStop((stop) =>
    withProgress(
      flags,
      (progress) =>
        runMatrix({ ...grid, device, progress, stop, median, launcher: launcher ?? undefined }),
    )
  );
  if (result.failed.length > 0) failed(result.failed.some(({ bug }) => bug));
  if (flags.json) printJson(result);
  else printResult(matrixText(result));
}

async function runCell(folder: string, flags: MatrixFlags): Promise<void> {
  const { runLaidCell } = await work.cell();
  const device = deviceOptions(flags);
  await withStop((stop) =>
    withProgress(flags, (progress) => runLaidCell(folder, { device, progress, stop }))
  );
}

/** `key=value`, `group=name`, `runner:key=value`; a file of such a name is a file. */
function isSetting(word: string): boolean {
  return /^[^/\\=]+=/.test(word) && !existsSync(word);
}

function searchOf({ random, randomSeed }: MatrixFlags): { budget: number; seed: number } | null {
  if (random !== undefined) return { budget: random, seed: randomSeed ?? 0 };
  if (randomSeed === undefined) return null;
  throw fault(RangeError, "Cannot use --random-seed: nothing is drawn; add --random N");
}

function parseSeed(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Expected a whole number from 0 on.");
}
