/** `wsvad data screen`: whether features can work. */

import { Command } from "commander";
import { configOf } from "./data_config.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { withProgress } from "./progress.ts";
import { type ConfigFlags, withConfig, withJson, withQuiet } from "./shared_options.ts";
import { type ScreenedAuc, type ScreenReport, work } from "./work.ts";

interface ScreenFlags extends ConfigFlags {
  variant?: string[];
  json?: boolean;
  quiet?: boolean;
}

export function screenCommand(): Command {
  const command = new Command("screen")
    .summary("whether features tell anomalies at all, before days of training")
    .description(
      "Ranks test frames by the magnitude of their features, by the distance from normal ones, and " +
        "by linear probes, on frame labels and on the labels of training videos; each probe is " +
        "judged on videos it has not seen. Takes minutes on a cpu: every test video is read twice.",
    )
    .argument("[settings...]", "key=value and group=name, as for `wsvad train`")
    .option(
      "--variant <name>",
      "a feature set of the local layout (data.variant); can be repeated, to rank several",
      (name: string, all: string[] = []) => [...all, name],
    );
  withQuiet(withJson(withConfig(command)));
  withExamples(command, [
    ["wsvad data screen data=features data.root=/data/features", "a folder of features"],
    [
      "wsvad data screen data=ucf_crime --variant i3d_mgfn --variant i3d_1024_seg200",
      "which of two sets to train on",
    ],
  ]);
  return command.action(async (settings: string[], flags: ScreenFlags) => {
    const { screenData } = await work.screening();
    const reports: [name: string, report: ScreenReport][] = [];
    for (const variant of flags.variant ?? [null]) {
      const own = variant === null ? settings : [...settings, `data.variant=${variant}`];
      const config = await configOf(own, flags);
      const report = await withProgress(flags, (progress) => screenData(config, { progress }));
      reports.push([variant ?? "", report]);
    }
    if (flags.json) {
      const named = reports.map(([name, report]) => name === "" ? report : { name, ...report });
      return printJson(flags.variant === undefined ? named[0] : named);
    }
    printResult(reports.map(([name, report]) => reportText(name, report)).join("\n\n"));
  });
}

function reportText(name: string, report: ScreenReport): string {
  const row = (what: string, found: ScreenedAuc | null, over: string) => [
    what,
    found === null ? "-" : found.auc.toFixed(3),
    found === null ? "" : `${found.low.toFixed(3)} to ${found.high.toFixed(3)}`,
    over,
  ];
  const { verdict, warnings } = report;
  return [
    `${name === "" ? "" : `${name}: `}${report.features}`,
    columns([
      ["", "ROC-AUC", "95 %", "over"],
      row("magnitude", report.magnitude, "test frames"),
      row("distance from normal", report.content, "test frames"),
      row("probe on frame labels", report.probe, "test snippets of videos it has not seen"),
      row("probe on video labels", report.videoProbe, "training videos it has not seen"),
      row("the same, all training videos", report.weakProbe, "test frames"),
    ]),
    verdict,
    ...warnings.map((text) => `${styled("yellow", "warning", "stdout")}: ${text}`),
  ].join("\n");
}
