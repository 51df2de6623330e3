/** `wsvad demo`. */

import { Command } from "commander";
import { didYouMean } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { invocation } from "./invocation.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { evaluationText } from "./results.ts";
import {
  type DeviceFlags,
  deviceOptions,
  withDevice,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { withStop } from "./stop_signal.ts";
import { work } from "./work.ts";

interface DemoFlags extends DeviceFlags {
  out?: string;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const OF_VIDEOS = "video";
const CHOICES = ["runner=mil", "data=synthetic", "trainer=demo"];

export function demoCommand(): Command {
  const command = new Command("demo")
    .summary("train, evaluate and report on built-in data, in about a minute; also with videos")
    .description(
      "Trains mil on the synthetic data, evaluates its best weights and says where the report lies. " +
        "Needs no download. `demo video` goes the way from videos to a page with their scores: it " +
        "renders clips (with ffmpeg), extracts features, trains on them and scores another clip.",
    )
    .argument("[settings...]", "video, for that demo; key=value, as for `wsvad train`")
    .option("--out <dir>", "run folder (default: runs/demo, runs/demo_video)")
    .option("--overwrite", "replace the run in the run folder");
  withQuiet(withJson(withDevice(command)));
  withExamples(command, [
    ["wsvad demo", "all of it"],
    ["wsvad demo video", "from videos to a page with their scores"],
    ["wsvad demo trainer.seed=1 --out runs/demo-seed1", "with another seed"],
  ]);
  return command.action(demo);
}

async function demo(settings: string[], flags: DemoFlags): Promise<void> {
  if (settings[0] === OF_VIDEOS) return await demoOfVideos(settings.slice(1), flags);
  requireNotNear(settings[0]);
  const { prepareRun } = await work.starting();
  const { out, overwrite } = flags;
  const overrides = [...CHOICES, ...settings];
  const train = await prepareRun({ overrides, name: "demo", out, overwrite });
  const device = deviceOptions(flags);
  const run = await withStop((stop) =>
    withProgress(flags, (progress) => train({ device, progress, stop }))
  );
  const { runEvaluation } = await work.evaluation();
  const result = await withProgress(flags, (progress) =>
    runEvaluation({
      checkpoint: run.runFolder,
      overrides: [],
      configDirs: [],
      overwrite: false,
      device,
      progress,
    }));
  printWarnings(run, result);
  if (flags.json) return printJson({ run, evaluation: result });
  printResult(
    `${evaluationText(result)}\nreport      ${run.report}\n\n` +
      `Open the report in a browser. Next, your own features: ${invocation()} train --help`,
  );
}

/** @throws {RangeError} a fault: a word that is meant for the demo of videos */
function requireNotNear(word = ""): void {
  const near = word.includes("=") ? "" : didYouMean(word, [OF_VIDEOS, `${OF_VIDEOS}s`]);
  if (near === "") return;
  throw fault(
    RangeError,
    `Cannot run the demo "${word}": it is neither "${OF_VIDEOS}" nor a setting; ` +
      `did you mean "${OF_VIDEOS}"?`,
  );
}

function printWarnings(...results: { warnings: string[] }[]): void {
  for (const warning of new Set(results.flatMap(({ warnings }) => warnings))) {
    printMessage(`warning: ${warning}`);
  }
}

async function demoOfVideos(overrides: string[], flags: DemoFlags): Promise<void> {
  const { demoVideo } = await work.demoVideo();
  const { out, overwrite } = flags;
  const device = deviceOptions(flags);
  const result = await withStop((stop) =>
    withProgress(
      flags,
      (progress) => demoVideo({ out, overwrite, overrides, device, progress, stop }),
    )
  );
  printWarnings(result.run, result.scores);
  if (flags.json) return printJson(result);
  const { clip: { path, event }, scores: { files: [{ segments: [top] }] }, page } = result;
  printResult(
    `${path}: the event is in frames ${event.join(" to ")}, the highest scores are at ` +
      `${top.startTime} to ${top.endTime}\npage        ${page}\n\n` +
      `Open the page in a browser. Next, your own videos: ${invocation()} extract --help`,
  );
}
