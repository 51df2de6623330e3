/** `wsvad eval`. */

import { Command } from "commander";
import { fault } from "../fault.ts";
import { warn } from "../progress.ts";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { evaluationText } from "./results.ts";
import {
  type DeviceFlags,
  deviceOptions,
  withConfigDir,
  withDevice,
  withForeign,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { work } from "./work.ts";

interface EvalFlags extends DeviceFlags {
  runner?: string;
  configDir?: string[];
  plugin?: string[];
  out?: string;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function evalCommand(): Command {
  const command = new Command("eval")
    .summary("evaluate a trained model on the test videos")
    .description(
      "Scores the test videos with a trained model and prints every metric. " +
        "Features are prepared as in training; data=NAME evaluates on other videos.",
    )
    .argument("<run>", "run folder (its best weights are taken) or checkpoint file")
    .argument("[settings...]", "key=value for data. and eval., and data=NAME")
    .option("--out <dir>", "also write evaluation.json and report.html into this folder")
    .option("--overwrite", "replace these files where they exist");
  withQuiet(withJson(withDevice(withConfigDir(withForeign(command)))));
  withExamples(command, [
    ["wsvad eval runs/mil-synthetic-seed0", "the run's own test videos"],
    ["wsvad eval runs/rtfm-ucf_crime_i3d-seed0/last.safetensors --json", "its last weights"],
    [
      "wsvad eval runs/mil-ucf_crime_c3d-seed0 data.root=/data/other eval.align=strict --out report",
      "other files, with a report",
    ],
    [
      "wsvad eval rtfm_official.pkl --runner rtfm data=ucf_crime_i3d data.root=/data/ucf_crime",
      "weights of the official code",
    ],
  ]);
  return command.action(evaluate);
}

async function evaluate(run: string, settings: string[], flags: EvalFlags): Promise<void> {
  if (flags.overwrite && flags.out === undefined) {
    throw fault(
      RangeError,
      "Cannot overwrite anything: --overwrite is for the files in --out, which is not given",
    );
  }
  const { runEvaluation } = await work.evaluation();
  const request = {
    checkpoint: run,
    runner: flags.runner,
    overrides: settings,
    configDirs: flags.configDir ?? [],
    plugins: flags.plugin,
    out: flags.out,
    overwrite: flags.overwrite ?? false,
    device: deviceOptions(flags),
  };
  const result = await withProgress(flags, async (progress) => {
    const result = await runEvaluation({ ...request, progress });
    for (const warning of result.warnings) warn(progress, warning);
    return result;
  });
  if (flags.json) printJson(result);
  else printResult(evaluationText(result));
}
