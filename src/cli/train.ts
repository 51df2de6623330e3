/** `wsvad train`. */

import { join } from "node:path";
import { Command } from "commander";
import { fault } from "../fault.ts";
import { warn } from "../progress.ts";
import { withExamples } from "./help.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { runText } from "./results.ts";
import {
  allOverrides,
  type ConfigFlags,
  type DeviceFlags,
  deviceOptions,
  withConfig,
  withDevice,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { withStop } from "./stop_signal.ts";
import { type RunResult, work } from "./work.ts";

interface TrainFlags extends DeviceFlags, ConfigFlags {
  out?: string;
  overwrite?: boolean;
  resume?: string;
  json?: boolean;
  quiet?: boolean;
}

export function trainCommand(): Command {
  const command = new Command("train")
    .summary("train a method and write a run folder with weights, log and report")
    .description(
      "Trains a method on features and writes a run folder: config.yaml, log.jsonl, " +
        "best.safetensors, last.safetensors, result.json and report.html.",
    )
    .argument("[settings...]", "key=value and group=name, as `wsvad config` lists them")
    .option("--out <dir>", "run folder (default: runs/<runner>-<data>-seed<seed>)")
    .option("--overwrite", "replace the run in the run folder")
    .option("--resume <run>", "continue a run that was stopped, from its last checkpoint");
  withQuiet(withJson(withDevice(withConfig(command))));
  withExamples(command, [
    ["wsvad train --runner mil", "on the built-in synthetic data, with the paper's recipe"],
    ["wsvad train --runner rtfm data=ucf_crime_i3d data.root=/data/ucf_crime", "on your features"],
    [
      "wsvad train --runner rtfm trainer=quick runner.head.k=5 runner.loss.smoothness.weight=0",
      "300 steps with other settings",
    ],
    ["wsvad train --resume runs/mil-synthetic-seed0", "goes on, bit for bit"],
    ["wsvad train --resume runs/rtfm-ucf_crime_i3d-seed0 data.root=/mnt/data", "the data moved"],
  ]);
  return command.action(train);
}

async function train(settings: string[], flags: TrainFlags): Promise<void> {
  const result = flags.resume === undefined
    ? await startRun(settings, flags)
    : await resumeRun(flags.resume, settings, flags);
  if (flags.json) printJson(result);
  else printResult(runText(result));
}

async function startRun(settings: string[], flags: TrainFlags): Promise<RunResult> {
  const { prepareRun } = await work.starting();
  const { configDir, plugin: plugins, out, overwrite } = flags;
  const overrides = allOverrides(settings, flags);
  const run = await prepareRun({ overrides, configDirs: configDir, plugins, out, overwrite });
  const device = deviceOptions(flags);
  const result = await withStop((stop) =>
    withProgress(flags, (progress) => run({ device, progress, stop }))
  );
  // Before the first step they were told already; hours of progress lie between.
  for (const warning of result.warnings) printMessage(`warning: ${warning}`);
  return result;
}

async function resumeRun(run: string, settings: string[], flags: TrainFlags): Promise<RunResult> {
  refuseChanges(run, settings, flags);
  const { resumeTraining } = await work.resuming();
  const device = deviceOptions(flags);
  return await withStop((stop) =>
    withProgress(flags, async (progress) => {
      const result = await resumeTraining(run, {
        ...{ device, progress, stop, overrides: settings, plugins: flags.plugin },
      });
      for (const warning of result.warnings) warn(progress, warning);
      return result;
    })
  );
}

/** A resumed run is the same run: only where its data lie may be said anew. */
function refuseChanges(run: string, settings: string[], flags: TrainFlags): void {
  const others = settings.filter((setting) => !/^\+{0,2}data\.root=/.test(setting));
  const extra = [
    ...allOverrides(others, flags),
    ...(flags.configDir ?? []).map((dir) => `--config-dir ${dir}`),
    ...(flags.out === undefined ? [] : [`--out ${flags.out}`]),
    ...(flags.overwrite ? ["--overwrite"] : []),
  ];
  if (extra.length === 0) return;
  const keys = others.filter((setting) => /^[^=]*\./.test(setting)).map((setting) =>
    setting.split("=")[0]
  );
  const edit = keys.length === extra.length
    ? `edit ${keys.join(" and ")} in "${join(run, "config.yaml")}" to go on with other values`
    : "leave that out";
  throw fault(
    RangeError,
    `Cannot resume "${run}" with ${
      extra.join(" ")
    }: a resumed run keeps its settings, all but data.root; ${edit}, or start a new run`,
  );
}
