/** `wsvad data`: what there is, and whether it is what it should be. */

import { Command } from "commander";
import { tellSlow } from "../progress.ts";
import { configOf } from "./data_config.ts";
import { gtCommand } from "./data_gt.ts";
import { manifestCommand } from "./data_manifest.ts";
import { prepareCommand } from "./data_prepare.ts";
import { screenCommand } from "./data_screen.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { loadPlugins } from "./plugins.ts";
import { withProgress } from "./progress.ts";
import { type ConfigFlags, withConfig, withJson, withPlugin, withQuiet } from "./shared_options.ts";
import {
  type DataReport,
  type DownloadResult,
  type KnownData,
  type SplitReport,
  work,
} from "./work.ts";

/** @param failed told when the data have problems */
export function dataCommand(failed: () => void): Command {
  const command = new Command("data")
    .summary("check, screen, prepare and convert data; lists, ground truth, manifests")
    .description("What to do with features, lists and ground truth before a training.");
  command.addCommand(checkCommand(failed));
  command.addCommand(listCommand());
  command.addCommand(downloadCommand());
  command.addCommand(prepareCommand());
  command.addCommand(convertCommand());
  command.addCommand(screenCommand());
  command.addCommand(gtCommand());
  command.addCommand(manifestCommand());
  withExamples(command, [
    ["wsvad data list", "data sets and feature sets that are known"],
    [
      "wsvad data check data=ucf_crime_i3d data.root=/data/ucf_crime",
      "whether yours are complete, and which methods they fit",
    ],
  ]);
  return command;
}

type CheckFlags = ConfigFlags & { json?: boolean; quiet?: boolean };

function checkCommand(failed: () => void): Command {
  const command = new Command("check")
    .summary("counts, sizes, ground truth, leaks, and which features these are")
    .description(
      "Reads the headers of all files and a sample of their values. Compares counts with those of " +
        "the data set, lays the ground truth over the snippets, looks for videos in both splits, " +
        "and says which known features these look like, and which methods they fit.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`");
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    ["wsvad data check data=features data.root=/data/features", "a folder of features"],
  ]);
  return command.action(async (settings: string[], flags: CheckFlags) => {
    const config = await configOf(settings, flags);
    const { checkData } = await work.checking();
    const report = await withProgress(
      flags,
      (progress) => checkData(config, tellSlow(progress)),
    );
    if (flags.json) printJson(report);
    else printResult(reportText(report));
    if (report.problems.length > 0) failed();
  });
}

interface ConvertFlags {
  out: string;
  float16?: boolean;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

function convertCommand(): Command {
  const command = new Command("convert")
    .summary("features of any format to .npy files")
    .description(
      "Writes features out of .mat, .txt, .h5, .npz and .zip files as .npy, a file a video or crop; " +
        "axes stay as they are. What is there already is left, so that a run that was stopped goes on.",
    )
    .argument("<files...>", "feature files, folders and archives")
    .requiredOption("--out <folder>", "folder to write into")
    .option("--float16", "half the bytes, and three digits of each value")
    .option("--overwrite", "write files anew that are there");
  withQuiet(withJson(command));
  withExamples(command, [
    ["wsvad data convert features.h5 --out features/train --float16", "a file of all videos"],
  ]);
  return command.action(async (paths: string[], flags: ConvertFlags) => {
    const { convertData } = await work.converting();
    const { out, float16 = false, overwrite = false } = flags;
    const result = await withProgress(
      flags,
      (progress) => convertData({ paths, out, float16, overwrite, progress }),
    );
    if (flags.json) return printJson(result);
    const { files, skipped, bytes } = result;
    const left = skipped > 0 ? `, ${skipped} were there` : "";
    printResult(`${files} files written, ${(bytes / 1e6).toFixed(1)} MB${left}\n${out}`);
  });
}

interface DownloadFlags {
  revision?: string;
  file?: string[];
  mirror?: string;
  json?: boolean;
  quiet?: boolean;
}

function downloadCommand(): Command {
  const command = new Command("download")
    .summary("fetch a data set of the Hugging Face Hub, or weights of a backbone")
    .description(
      "Downloads the files of a data set into the Hub's own cache ($HF_HUB_CACHE, else " +
        "$HF_HOME/hub), where its other programs find them too. What was begun goes on where it " +
        "stopped, and every file is compared with its sum. HF_TOKEN is used where it is set. Weights " +
        "of backbones come from there too, or from where they were published, into the tool's cache.",
    )
    .argument("<name>", "a name of `wsvad data list`, or <owner>/<name> of the Hub")
    .option("--revision <name>", "branch, tag or commit (default: the one known, else main)")
    .option("--file <path>", "only this file; can be repeated", (path, all: string[] = []) => [
      ...all,
      path,
    ])
    .option("--mirror <url>", "another server of the same protocol (default: $HF_ENDPOINT)");
  withQuiet(withJson(command));
  withExamples(command, [
    ["wsvad data download ucf_crime_i3d_seg32", "the default set of UCF-Crime, 9.9 GB"],
    [
      "wsvad data download ucf_crime_i3d_seg32 --file test.zip",
      "its test videos alone",
    ],
    ["wsvad data download clip", "weights of the backbone clip, for wsvad extract"],
  ]);
  return command.action(async (name: string, flags: DownloadFlags) => {
    const { downloadData } = await work.downloading();
    const result = await withProgress(
      flags,
      (progress) => downloadData({ ...flags, name, files: flags.file, progress }),
    );
    if (flags.json) printJson(result);
    else if (result.weights) printResult(weightsText(result.weights));
    else printResult([...result.files, "", `data.root=${result.folder}`].join("\n"));
  });
}

function weightsText({ path, sha256, licence, use }: NonNullable<DownloadResult["weights"]>) {
  return [path, `SHA-256 ${sha256}, licence: ${licence}`, "", `${use} ...`].join("\n");
}

function listCommand(): Command {
  const command = new Command("list")
    .summary("data sets and feature sets that are known")
    .description(
      "Lists data sets with their sizes and terms, and feature sets with their methods.",
    );
  withJson(withPlugin(command));
  return command.action(async ({ json, plugin }: { json?: boolean; plugin?: string[] }) => {
    await loadPlugins(plugin);
    const { listData } = await work.knownData();
    const known = listData();
    if (json) printJson(known);
    else printResult(listText(known));
  });
}

function reportText(report: DataReport): string {
  const { train, test, grid, features, groundTruthRule } = report;
  const rows = ([["train", train], ["test", test]] as const)
    .filter((row): row is ["train" | "test", SplitReport] => row[1] !== null)
    .map(([name, split]) => [name, ...splitCells(split)]);
  const head = ["", "videos", "abnormal", report.set, "crops", "snippets", "D", "norm", "zeros"];
  const lines = rows.length > 0 ? [columns([head, ...rows])] : [];
  if (grid !== null) {
    lines.push(
      `ground truth (${groundTruthRule}): ${grid.abnormalFrames} of ${grid.frames} frames abnormal` +
        (grid.known > 0
          ? `; of ${grid.known} videos ${grid.ceil} have ceil(frames / 16) snippets, ${grid.floor} floor(frames / 16)`
          : ""),
    );
  }
  if (features !== null) lines.push(`features: ${features}`);
  for (const note of report.notes) lines.push(note);
  const told = (word: string, colour: "red" | "yellow") => (text: string) =>
    `${styled(colour, word, "stdout")}: ${text}`;
  const wrong = [
    ...report.problems.map(told("problem", "red")),
    ...report.warnings.map(told("warning", "yellow")),
  ];
  return [...lines, ...(wrong.length > 0 ? wrong : ["nothing is wrong"])].join("\n");
}

function splitCells({ videos, abnormal, official, crops, snippets, fingerprint }: SplitReport) {
  const [least, middle, most] = snippets;
  return [
    `${videos}`,
    abnormal === null ? "?" : `${abnormal}`,
    official === null ? "" : `${official.videos}, ${official.abnormal} abnormal`,
    Object.keys(crops).join(", "),
    least === most ? `${least}` : `${least} to ${most}, half below ${middle + 1}`,
    `${fingerprint.dim}`,
    fingerprint.norm.toPrecision(3),
    `${Math.round(100 * fingerprint.zeros)} %`,
  ];
}

function listText({ sets, hub, weights, features }: KnownData): string {
  const setRows = sets.map(({ name, train, test, classes, source, licence }) => [
    name,
    train,
    test,
    `${classes}`,
    source,
    licence,
  ]);
  const hubRows = hub.map((
    { name, repo, revision, size, what },
  ) => [name, repo, revision, size, what]);
  const weightRows = weights.map(({ name, backbone, settings, from, licence }) => [
    name,
    [backbone, settings].join(" ").trim(),
    licence,
    "url" in from ? from.url : `${from.repo} (Hub): ${from.file}`,
  ]);
  const featureRows = features.map(({ name, dim, norm, grid, runners }) => [
    name,
    `${dim}`,
    norm === null ? "any" : `${norm}`,
    grid,
    runners.join(", "),
  ]);
  return [
    styled("bold", "Data sets (data.classes)", "stdout"),
    columns([["name", "train", "test", "classes", "source", "licence"], ...setRows]),
    "",
    styled("bold", "On the Hub (wsvad data download NAME)", "stdout"),
    columns([["name", "repository", "revision", "size", "features and methods"], ...hubRows]),
    "",
    styled("bold", "Weights of backbones (wsvad data download NAME)", "stdout"),
    columns([["name", "backbone", "licence", "from"], ...weightRows]),
    "",
    styled("bold", "Features", "stdout"),
    columns([["set", "D", "norm", "snippets", "methods"], ...featureRows]),
  ].join("\n");
}
