/** `wsvad score`. */

import { existsSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { fault } from "../fault.ts";
import { columns, printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import {
  type DeviceFlags,
  deviceOptions,
  parseCount,
  parsePositive,
  withConfigDir,
  withDevice,
  withExamples,
  withJson,
} from "./shared_options.ts";
import { type ScoredFile, type ScoreFormat, type ScoreRequest, work } from "./work.ts";

// Stated here too, since the files that own them load zod and tfjs.
const FORMATS = ["csv", "json", "svg"] as const satisfies ScoreFormat[];
const LAYOUTS = ["crops_first", "snippets_first", "per_crop"] as const satisfies NonNullable<
  ScoreRequest["layout"]
>[];

interface ScoreFlags extends DeviceFlags {
  checkpoint: string;
  layout?: ScoreRequest["layout"];
  out: string;
  format: ScoreRequest["formats"];
  fps?: number;
  top: number;
  configDir?: string[];
  overwrite?: boolean;
  json?: boolean;
}

export function scoreCommand(): Command {
  const command = new Command("score")
    .summary("score feature files with a trained model")
    .description(
      "Scores feature files of any length and writes for each video a table of scores (CSV), " +
        "the same with its top segments (JSON) and a curve (SVG).",
    )
    .argument("<files...>", "feature files, folders of them; also key=value for data.")
    .requiredOption("-c, --checkpoint <path>", "run folder or checkpoint file")
    .addOption(
      new Option(
        "--layout <axes>",
        "axes of 3-D files: [N, T, D], [T, N, D], or one [T, D] file per crop",
      ).choices(LAYOUTS),
    )
    .option("--out <dir>", "folder for the files written", "scores")
    .addOption(
      new Option("--format <list>", `what to write, of ${FORMATS.join(",")}`)
        .argParser(parseFormats).default([...FORMATS], "all of them"),
    )
    .option("--fps <number>", "frames per second of the videos (default: data.fps)", parsePositive)
    .option("--top <count>", "segments listed for each video", parseCount, 3)
    .option("--overwrite", "replace files where they exist");
  withJson(withDevice(withConfigDir(command)));
  withExamples(command, [
    ["wsvad score -c runs/mil-synthetic-seed0 video_i3d.npy --layout snippets_first", "one video"],
    [
      "wsvad score -c best.safetensors features/test --out scores --fps 25 --format csv",
      "a folder",
    ],
  ]);
  return command.action(score);
}

async function score(files: string[], flags: ScoreFlags): Promise<void> {
  const overrides = files.filter(isSetting);
  const paths = files.filter((file) => !isSetting(file));
  if (paths.length === 0) {
    throw fault(RangeError, "Cannot score: no feature file or folder given, only settings");
  }
  const { scoreFiles } = await work.scoring();
  const request = {
    checkpoint: flags.checkpoint,
    paths,
    overrides,
    configDirs: flags.configDir ?? [],
    layout: flags.layout,
    out: flags.out,
    formats: flags.format,
    fps: flags.fps,
    top: flags.top,
    overwrite: flags.overwrite ?? false,
    device: deviceOptions(flags),
  };
  const result = await withProgress((progress) => scoreFiles({ ...request, progress }));
  for (const warning of result.warnings) printMessage(`warning: ${warning}`);
  if (flags.json) printJson(result);
  else printResult(result.files.map(scoredText).join("\n\n"));
}

/** A name of a feature file may hold "=" (XD-Violence), so settings are told by their section. */
function isSetting(text: string): boolean {
  return /^(~|\+{0,2})(data|runner|trainer|eval)[.=]/.test(text) && !existsSync(text);
}

function scoredText({ id, snippets, maximum, segments, written }: ScoredFile): string {
  const top = segments.map(({ startTime, endTime, peakScore }) => [
    `${startTime} - ${endTime}`,
    peakScore.toFixed(4),
  ]);
  return [
    `${id}  ${snippets} snippets, highest score ${maximum.toFixed(4)}`,
    ...(top.length === 0 ? ["  no segment above the threshold"] : [columns(top, "  ")]),
    ...written.map((path) => `  ${path}`),
  ].join("\n");
}

function parseFormats(text: string): ScoreFormat[] {
  const formats = text.split(",").map((part) => part.trim());
  const wrong = formats.find((format) => !(FORMATS as readonly string[]).includes(format));
  if (wrong === undefined) return [...new Set(formats as ScoreFormat[])];
  throw new InvalidArgumentError(`Expected some of ${FORMATS.join(",")}, found "${wrong}".`);
}
