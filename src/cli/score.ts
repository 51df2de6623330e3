/** `wsvad score`. */

import { existsSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { fault } from "../fault.ts";
import { warn } from "../progress.ts";
import { withExamples } from "./help.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { withProgress } from "./progress.ts";
import { failureLines } from "./results.ts";
import { scoredText } from "./score_text.ts";
import {
  type DeviceFlags,
  deviceOptions,
  parseCount,
  parsePositive,
  withConfigDir,
  withDevice,
  withForeign,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { withStop } from "./stop_signal.ts";
import {
  type ScoreFormat,
  type ScoreRequest,
  type ScoreResult,
  type VideosResult,
  work,
} from "./work.ts";

// Stated here too, since the files that own them load zod and tfjs.
const FORMATS = ["csv", "json", "svg", "html"] as const satisfies ScoreFormat[];
const LAYOUTS = ["crops_first", "snippets_first", "per_crop"] as const satisfies NonNullable<
  ScoreRequest["layout"]
>[];

interface ScoreFlags extends DeviceFlags {
  checkpoint: string;
  runner?: string;
  layout?: ScoreRequest["layout"];
  out: string;
  format?: ScoreRequest["formats"];
  backbone?: string;
  decoders?: number;
  weights?: string;
  embed?: boolean;
  serve?: boolean;
  port?: number;
  threshold?: string;
  hold: number;
  gap: number;
  fps?: number;
  frames?: number;
  top: number;
  configDir?: string[];
  plugin?: string[];
  overwrite?: boolean;
  skipExisting?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function scoreCommand(failed: () => void): Command {
  const command = new Command("score")
    .summary("score videos or feature files with a trained model")
    .description(
      "Scores videos, or feature files of any length, and writes for each video a table of scores " +
        "(CSV), the same with its top segments (JSON), a curve (SVG), and of videos a page on which " +
        "curve and video go together (HTML); of all videos together index.html and " +
        "scores.csv. With --threshold it says where an alarm begins and ends, also in events.csv.",
    )
    .argument(
      "<files...>",
      "videos or feature files, folders of either, or of pictures; also key=value for data.",
    )
    .requiredOption("-c, --checkpoint <path>", "run folder or checkpoint file")
    .addOption(
      new Option(
        "--layout <axes>",
        "axes of 3-D files, for N crops, T snippets, D channels: [N, T, D], [T, N, D], or a [T, D] " +
          "file for each crop",
      ).choices(LAYOUTS),
    )
    .option(
      "--threshold <rule>",
      "score above which there is an alarm: a number; from-run: that of the run's result.json; or " +
        "chosen on the run's test videos: best_f1, fpr=0.01 (share of normal frames above it), " +
        "far=1/h (false alarms an hour)",
    )
    .option("--hold <seconds>", "leave out alarms that are shorter", parseSeconds, 0)
    .option("--gap <seconds>", "make one of alarms that are no further apart", parseSeconds, 0)
    .option("--out <dir>", "folder for the files written; -: the table to stdout", "scores")
    .addOption(
      new Option(
        "--format <list>",
        `what to write, of ${FORMATS.join(",")} (default: all; html of videos alone)`,
      )
        .argParser(parseFormats),
    )
    .option(
      "--fps <number>",
      "frames per second of the videos (default: a video's own, else data.fps)",
      parsePositive,
    )
    .option(
      "--frames <count>",
      "frames of the video, for a file pooled to segments (default: as annotated)",
      parseCount,
    )
    .option("--embed", "put the video into its page, which then is one file to pass on")
    .option("--serve", "show the page on an address of this machine alone, until Ctrl-C")
    .option("--port <number>", "port of --serve (default: any that is free)", parseCount)
    .option(
      "--backbone <name>",
      "for videos: the backbone, if the checkpoint does not say how its features were made",
    )
    .option("--weights <file>", "for videos: weights of the backbone, if the file has moved")
    .option(
      "--decoders <n>",
      "for videos: ffmpeg processes that decode one video at once, each a part of it (default: by " +
        "device and backbone)",
      parseCount,
    )
    .option("--top <count>", "segments listed for each video", parseCount, 3)
    .addOption(
      new Option(
        "--skip-existing",
        "score only videos that were not scored before into this folder",
      )
        .conflicts("overwrite"),
    )
    .option("--overwrite", "replace files where they exist");
  withQuiet(withJson(withDevice(withConfigDir(withForeign(command)))));
  withExamples(command, [
    ["wsvad score -c runs/mine video.mp4", "a video, with its page"],
    ["wsvad score -c runs/mine video.mp4 --serve", "the same, and its page in a browser"],
    [
      "wsvad score -c runs/mil-synthetic-seed0 video_i3d.npy --layout snippets_first",
      "a feature file",
    ],
    [
      "wsvad score -c best.safetensors features/test --out scores --fps 25 --format csv",
      "a folder",
    ],
    [
      "wsvad score -c runs/mil-synthetic-seed0 features/test --threshold far=1/h --hold 2 --gap 1",
      "alarms, at one false alarm an hour",
    ],
    ["wsvad score -c runs/mil-synthetic-seed0 video_i3d.npy --format csv --out -", "to stdout"],
    [
      "wsvad score -c rtfm_official.pkl --runner rtfm features/test",
      "weights of the official code",
    ],
  ]);
  return command.action((files: string[], flags: ScoreFlags) => score(files, flags, failed));
}

async function score(files: string[], flags: ScoreFlags, failed: () => void): Promise<void> {
  const overrides = files.filter(isSetting);
  const paths = files.filter((file) => !isSetting(file));
  if (paths.length === 0) {
    throw fault(RangeError, "Cannot score: no feature file or folder given, only settings");
  }
  const { namesVideos, scoreVideos } = await work.scoringVideos();
  const ofVideos = await Promise.all(paths.map(namesVideos));
  const videos = ofVideos.every((each) => each);
  if (videos) requireVideosAlone(paths, flags);
  else requireFilesAlone(paths, ofVideos, flags);
  const formats = flags.format ?? FORMATS.filter((format) => videos || format !== "html");
  const toStdout = flags.out === "-";
  if (toStdout && formats.some((format) => format !== "csv")) {
    throw fault(
      RangeError,
      "Cannot write to stdout: it takes the table of scores alone; add --format csv",
    );
  }
  if (flags.serve && !formats.includes("html")) {
    throw fault(
      RangeError,
      "Cannot serve a page that is not written: add html to --format, or leave --serve out",
    );
  }
  const { scoreFiles } = await work.scoring();
  const request = {
    checkpoint: flags.checkpoint,
    runner: flags.runner,
    paths,
    overrides,
    configDirs: flags.configDir ?? [],
    plugins: flags.plugin,
    layout: flags.layout,
    out: flags.out,
    threshold: flags.threshold,
    hold: flags.hold,
    gap: flags.gap,
    formats,
    fps: flags.fps,
    frames: flags.frames,
    top: flags.top,
    overwrite: flags.overwrite ?? false,
    skipExisting: flags.skipExisting ?? false,
    device: deviceOptions(flags),
  };
  const { pages, broken, ...result } = await withProgress(flags, async (progress) => {
    const { backbone, weights, decoders, embed = false } = flags;
    const { shown = [], first = "", ...result } = videos
      ? await scoreVideos({ ...request, backbone, weights, decoders, embed, progress })
      : await scoreFiles({ ...request, progress }) as Partial<VideosResult> & ScoreResult;
    for (const warning of result.warnings) warn(progress, warning);
    return { ...result, pages: { files: shown, first }, broken: result.failed ?? [] };
  });
  if (toStdout) printResult(result.table ?? "", true);
  else if (flags.json) printJson(result);
  else printResult(scoredText(result, { out: flags.out, format: formats }));
  if (broken.length > 0) {
    failed();
    if (!flags.json) (toStdout ? printMessage : printResult)(failureLines(broken).join("\n"));
  }
  if (flags.serve) await serve(pages, flags.port);
}

async function serve(pages: { files: string[]; first: string }, port?: number): Promise<void> {
  const { serveFiles } = await work.serving();
  const onListen = (url: string) => printMessage(`open ${url} ; Ctrl-C ends it`);
  await withStop((stop) => serveFiles({ ...pages, port, stop, onListen }), "closed");
}

/** @throws {RangeError} a fault: what is for feature files alone */
function requireVideosAlone(paths: string[], { layout, frames }: ScoreFlags): void {
  const alone = layout !== undefined ? "--layout" : frames !== undefined ? "--frames" : null;
  if (alone === null) return;
  throw fault(
    RangeError,
    `Cannot score the video "${paths[0]}" with ${alone}: that is for feature files; leave it out`,
  );
}

/** @throws {RangeError} a fault: videos among feature files, or what is for videos alone */
function requireFilesAlone(paths: string[], ofVideos: boolean[], flags: ScoreFlags): void {
  const video = ofVideos.indexOf(true);
  if (video >= 0) {
    throw fault(
      RangeError,
      `Cannot score "${paths[video]}" together with "${
        paths[ofVideos.indexOf(false)]
      }": one is a video, the other is not; score videos and feature files apart`,
    );
  }
  const { embed, serve, backbone, weights, decoders } = flags;
  const alone = flags.format?.includes("html") ? "--format html" : Object.entries({
    "--embed": embed,
    "--serve": serve,
    "--backbone": backbone,
    "--decoders": decoders,
    "--weights": weights,
  })
    .find(([, value]) => value !== undefined)?.[0];
  if (alone === undefined) return;
  throw fault(
    RangeError,
    `Cannot score "${
      paths[0]
    }" with ${alone}: that is for videos, and this is none that is known by its ending; leave it out, or rename the video`,
  );
}

/** A name of a feature file may hold "=" (XD-Violence), so settings are told by their section. */
function isSetting(text: string): boolean {
  return /^(~|\+{0,2})(data|runner|trainer|eval)[.=]/.test(text) && !existsSync(text);
}

function parseFormats(text: string): ScoreFormat[] {
  const formats = text.split(",").map((part) => part.trim());
  const wrong = formats.find((format) => !(FORMATS as readonly string[]).includes(format));
  if (wrong === undefined) return [...new Set(formats as ScoreFormat[])];
  throw new InvalidArgumentError(`Expected some of ${FORMATS.join(",")}, found "${wrong}".`);
}

function parseSeconds(text: string): number {
  const seconds = Number(text.trim() || NaN);
  if (seconds >= 0 && seconds < Infinity) return seconds;
  throw new InvalidArgumentError(`Expected seconds, 0 or more, found "${text}".`);
}
