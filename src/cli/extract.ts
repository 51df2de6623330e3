/** `wsvad extract`. */

import { Command, InvalidArgumentError, Option } from "commander";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { launcherOf, type LaunchFlags, withLauncher } from "./launch_options.ts";
import { printJson, printResult } from "./output.ts";
import { loadPlugins } from "./plugins.ts";
import { withProgress } from "./progress.ts";
import {
  type DeviceFlags,
  deviceOptions,
  parseCount,
  withDevice,
  withJson,
  withPlugin,
  withQuiet,
} from "./shared_options.ts";
import { failureLines } from "./results.ts";
import { withStop } from "./stop_signal.ts";
import { type ExtractRequest, type ExtractResult, type SubmittedExtraction, work } from "./work.ts";

const CROPS = ["ten", "five", "centre"] as const satisfies NonNullable<ExtractRequest["crops"]>[];
const FRAMES = ["mean", "first", "middle"] as const satisfies NonNullable<
  ExtractRequest["frames"]
>[];

interface ExtractFlags extends DeviceFlags, LaunchFlags {
  backbone: string;
  weights?: string;
  out: string;
  crops?: ExtractRequest["crops"];
  frames?: ExtractRequest["frames"];
  segments?: number;
  sampleTo?: number;
  mean?: string;
  jpeg?: boolean;
  f16?: boolean;
  shard?: ExtractRequest["shard"];
  batch?: number;
  decoders?: number;
  overwrite?: boolean;
  folderNames?: boolean;
  plugin?: string[];
  json?: boolean;
  quiet?: boolean;
}

export function extractCommand(failed: () => void): Command {
  const command = new Command("extract")
    .summary("videos to feature files, by a backbone")
    .description(
      "Decodes videos with ffmpeg, prepares their frames as the backbone's lineage does, and writes " +
        "for each video <name>.npy, [T, D] or [T, crops, D], with a record of how it was made.",
    )
    .argument(
      "<inputs...>",
      "videos, folders of videos or of pictures, zips of videos, lists (.txt); also backbone.key=value",
    )
    .requiredOption("-b, --backbone <name>", "an entry of wsvad slots backbone")
    .option("--weights <file>", "weights of the backbone, as they were published")
    .requiredOption("--out <dir>", "folder for the features")
    .addOption(
      new Option("--crops <choice>", "crops of a frame (default: the usual ones of the lineage)")
        .choices(CROPS),
    )
    .addOption(
      new Option(
        "--frames <choice>",
        "for a backbone that sees single frames: which of 16 make a feature (default: mean)",
      ).choices(FRAMES),
    )
    .option("--segments <n>", "pool each video to so many segments, as training does", parseCount)
    .option(
      "--sample-to <n>",
      "take at most so many snippets of each video, evenly placed: for training on long videos",
      parseCount,
    )
    .option(
      "--mean <file>",
      "for C3D on Caffe: the mean volume to subtract (.binaryproto, .npy)",
    )
    .option("--f16", "store float16, half the size")
    .option("--jpeg", "frames go through a JPEG first, as gowtham's extractor stores them")
    .option(
      "--shard <i/n>",
      "begin with the i-th of every n videos; processes that share the folder never do one twice",
      parseShard,
    )
    .option(
      "--decoders <n>",
      "ffmpeg processes that decode one video at once, each a part of it (default: by device and " +
        "backbone)",
      parseCount,
    )
    .option("--batch <clips>", "clips that go through the network at once", parseCount)
    .option(
      "--folder-names",
      "name features <folder>_<name>, where several folders have videos of one name",
    )
    .option("--overwrite", "replace features that are there");
  withLauncher(command, "shards of the videos, each a process or a task of its own");
  command.option("--dry-run", "for Slurm: print the script, write and submit nothing");
  withQuiet(withJson(withDevice(withPlugin(command))));
  withExamples(command, [
    ["wsvad extract -b motion videos --out features", "a folder of videos, without any weights"],
    [
      "wsvad extract -b clip --weights clip-vit-base-patch16.safetensors test.txt --out features/test",
      "CLIP's features of the videos of a list",
    ],
    ["wsvad extract -b motion videos --out features --shard 2/4", "one of four machines"],
  ]);
  return command.action((inputs: string[], flags: ExtractFlags) => extract(inputs, flags, failed));
}

async function extract(inputs: string[], flags: ExtractFlags, failed: () => void): Promise<void> {
  const settings = inputs.filter(isSetting), paths = inputs.filter((text) => !isSetting(text));
  if (paths.length === 0) {
    throw fault(RangeError, "Cannot extract: no video or folder given, only settings");
  }
  const { parseOverride } = await import("../config/override_grammar.ts");
  const { extractFeatures } = await work.extraction();
  await loadPlugins(flags.plugin);
  const launcher = launcherOf(flags);
  if (flags.dryRun && launcher?.kind !== "slurm") {
    throw fault(RangeError, "Cannot use --dry-run: it prints Slurm's script; add --launcher slurm");
  }
  if (launcher !== null && flags.shard !== undefined) {
    throw fault(RangeError, "Cannot use --shard with a launcher: it gives each task its own");
  }
  const tasksOf = (request: ExtractRequest) => ({
    request,
    args: taskArgs(inputs, flags),
    shards: flags.parallel ?? 1,
  });
  const result = await withStop((stop) =>
    withProgress(flags, async (progress) => {
      const request: ExtractRequest = {
        paths,
        backbone: flags.backbone,
        settings: Object.fromEntries(settings.map((text) => {
          const { path, value } = parseOverride(text);
          return [path.slice(1).join("."), value];
        })),
        weights: flags.weights ?? null,
        crops: flags.crops,
        frames: flags.frames,
        segments: flags.segments ?? null,
        sampleTo: flags.sampleTo ?? null,
        mean: flags.mean ?? null,
        dtype: flags.f16 ? "float16" : "float32",
        jpeg: flags.jpeg ?? false,
        shard: flags.shard,
        batch: flags.batch,
        decoders: flags.decoders,
        out: flags.out,
        folderNames: flags.folderNames,
        overwrite: flags.overwrite ?? false,
        device: deviceOptions(flags),
        progress,
        stop,
      };
      if (launcher === null) return await extractFeatures(request);
      const { extractLocally, submitExtraction } = await work.extractionTasks();
      if (launcher.kind === "local") return await extractLocally(tasksOf(request));
      const { dryRun = false } = flags;
      return await submitExtraction(tasksOf(request), { ...launcher, dryRun });
    })
  );
  if ("submitted" in result) {
    if (flags.json) printJson(result);
    else printResult(submittedText(result));
    return;
  }
  if (result.failed.length > 0) failed();
  if (flags.json) printJson(result);
  else printResult(extractedText(result));
}

function isSetting(text: string): boolean {
  return /^backbone\.[a-z_]+=/.test(text);
}

/** The command line of a task, but for its shard and its threads. */
function taskArgs(inputs: string[], flags: ExtractFlags): string[] {
  const values: [string, string | number | undefined][] = [
    ["--backbone", flags.backbone],
    ["--weights", flags.weights],
    ["--out", flags.out],
    ["--crops", flags.crops],
    ["--frames", flags.frames],
    ["--segments", flags.segments],
    ["--sample-to", flags.sampleTo],
    ["--mean", flags.mean],
    ["--batch", flags.batch],
    ["--decoders", flags.decoders],
    ...(flags.plugin ?? []).map((file): [string, string] => ["--plugin", file]),
    ["--device", flags.device],
    ["--gpu-memory", flags.gpuMemory && `${flags.gpuMemory / 2 ** 20}MB`],
    ["--blas", flags.blas],
  ];
  const switches: [string, boolean | undefined][] = [
    ["--f16", flags.f16],
    ["--jpeg", flags.jpeg],
    ["--folder-names", flags.folderNames],
    ["--overwrite", flags.overwrite],
  ];
  return [
    "extract",
    ...inputs,
    ...values.flatMap(([name, value]) => value === undefined ? [] : [name, String(value)]),
    ...switches.flatMap(([name, given]) => given ? [name] : []),
  ];
}

function submittedText(result: SubmittedExtraction): string {
  const { out, videos, finished, submitted, queued, ended, scripts } = result;
  return [
    `features of ${finished} of ${videos} ${videos === 1 ? "video" : "videos"} in ${out}`,
    ...ended.map(({ shard, log }) =>
      [`shard ${shard} ended with videos left:`, ...log.map((line) => `  | ${line}`)].join("\n")
    ),
    ...submitted.map(({ job, script, tasks }) =>
      `submitted: job ${job}, ${tasks} ${tasks === 1 ? "shard" : "shards"}, ${script}`
    ),
    ...(queued > 0 ? [`queued before: ${queued} ${queued === 1 ? "shard" : "shards"}`] : []),
    ...scripts,
  ].join("\n");
}

function extractedText(result: ExtractResult): string {
  const { extracted, skipped, elsewhere, failed, out, frames, seconds, dim, crops } = result;
  const count = (n: number) => `${n} ${n === 1 ? "video" : "videos"}`;
  const shape = crops === 1 ? `[T, ${dim}]` : `[T, ${crops}, ${dim}]`;
  const pace = frames === 0 ? "" : `, ${(frames / seconds).toFixed(1)} frames/s`;
  const lines: string[] = [];
  if (extracted.length > 0) {
    const work = `${frames} frames in ${seconds.toFixed(1)} s${pace}`;
    lines.push(`features of ${count(extracted.length)} in ${out}, ${shape}: ${work}`);
    if (skipped > 0) lines.push(`${count(skipped)} had features already`);
  } else if (skipped > 0) {
    const nothing = failed.length + elsewhere === 0
      ? "nothing is missing"
      : "nothing was extracted";
    lines.push(`${nothing}: ${count(skipped)} had features already, in ${out}`);
  } else {
    lines.push("nothing was extracted");
  }
  if (elsewhere > 0) lines.push(`${count(elsewhere)}: another process works on them`);
  return [...lines, ...failed.length > 0 ? failureLines(failed) : []].join("\n");
}

function parseShard(text: string): ExtractRequest["shard"] {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(number) >= 1 && Number(number) <= Number(of)) {
    return { number: Number(number), of: Number(of) };
  }
  throw new InvalidArgumentError("Expected i/n with 1 <= i <= n, such as 2/4.");
}
