/** `wsvad data gt`: frame ground truth by a named rule. */

import { Command, Option } from "commander";
import { tellSlow } from "../progress.ts";
import { groundTruthRules } from "../sets/ground_truth.ts";
import { configOf } from "./data_config.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { withProgress } from "./progress.ts";
import { type ConfigFlags, withConfig, withJson, withQuiet } from "./shared_options.ts";
import { type GroundTruthReport, type GroundTruthRequest, work } from "./work.ts";

type GroundTruthFlags = ConfigFlags & Omit<GroundTruthRequest, "tell"> & {
  json?: boolean;
  quiet?: boolean;
};

export function gtCommand(): Command {
  const command = new Command("gt")
    .summary("frame ground truth of the test videos, by a named rule")
    .description(
      "Makes the frame labels of the test videos from annotated events and the length of their " +
        "features, and tells each video. With data.test=null annotated frame counts take the " +
        "place of features. Without --vector and --folder nothing is written.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`")
    .addOption(
      new Option("--rule <name>", "how events become labels (default: data.ground_truth_rule)")
        .choices(groundTruthRules),
    )
    .option("--list <file>", "a list of test videos, whose order is kept (default: of data.test)")
    .option("--vector <file>", "one .npy over all videos, and beside it <file>.list with lengths")
    .option("--folder <folder>", "a .npy a video, and videos.list with their lengths")
    .option("--overwrite", "write anew what is there");
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    [
      "wsvad data gt data=ucf_crime_i3d data.root=/data/ucf_crime --vector gt-ucf.npy",
      "by the rule of RTFM, which ends with the last annotated frame",
    ],
    [
      "wsvad data gt data=ucf_crime data.variant=clip data.test_crop=0 " +
      "--rule vadclip_half_open_floor --folder gt",
      "by the rule of VadCLIP, which ends before it",
    ],
  ]);
  return command.action(async (settings: string[], flags: GroundTruthFlags) => {
    const config = await configOf(settings, flags);
    const { buildGroundTruth } = await work.groundTruth();
    const { rule, list, vector, folder, overwrite = false } = flags;
    const report = await withProgress(flags, (progress) => {
      const tell = tellSlow(progress);
      return buildGroundTruth(config, { rule, list, vector, folder, overwrite, tell });
    });
    if (flags.json) printJson(report);
    else printResult(reportText(report, flags));
  });
}

function reportText(
  { rule, videos, frames, abnormal, warnings, files }: GroundTruthReport,
  { vector, folder }: GroundTruthFlags,
): string {
  const rows = videos.map((video) => [
    video.id,
    video.className ?? "?",
    video.snippets === null ? "" : `${video.snippets}`,
    `${video.frames}`,
    video.videoFrames === null ? "" : `${video.videoFrames}`,
    `${video.abnormal}`,
    video.intervals.map(({ start, end }) => `${start}-${end - 1}`).join(" ") +
    (video.cut > 0 ? ` (${video.cut} more are behind the last snippet)` : ""),
  ]);
  const head = ["video", "class", "snippets", "frames", "of", "abnormal", "from and to"];
  return [
    columns([head, ...rows]),
    `${videos.length} videos, ${frames} frames, ${abnormal} abnormal, by ${rule}`,
    ...warnings.map((text) => `${styled("yellow", "warning", "stdout")}: ${text}`),
    ...files,
    ...(vector === undefined
      ? []
      : [`data.ground_truth=${files.at(-2)} data.ground_truth_list=${files.at(-1)}`]),
    ...(vector === undefined && folder !== undefined ? [`data.ground_truth=${folder}`] : []),
  ].join("\n");
}
