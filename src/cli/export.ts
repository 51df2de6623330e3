/** `wsvad export`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { printJson, printResult } from "./output.ts";
import { withJson, withPlugin } from "./shared_options.ts";
import { type ExportResult, work } from "./work.ts";

interface ExportFlags {
  out: string;
  overwrite?: boolean;
  json?: boolean;
  plugin?: string[];
}

export function exportCommand(): Command {
  const command = new Command("export")
    .summary("write weights as a PyTorch state dict")
    .description(
      "Writes the weights of a run as a file that torch.load reads, under the official code's keys, " +
        "so that load_state_dict takes them strictly. Keys whose values the official code never reads are " +
        "there too, as zeros. What it keeps in a file of its own, the dictionary of s3r, is written beside.",
    )
    .argument("<run>", "run folder (its best weights are taken) or checkpoint file")
    .requiredOption("--out <file>", "file to write, such as rtfm.pth")
    .option("--overwrite", "replace the file where it exists");
  withJson(withPlugin(command));
  withExamples(command, [
    ["wsvad export runs/rtfm-ucf_crime_i3d-seed0 --out rtfm.pth", "the best weights of a run"],
  ]);
  return command.action(async (run: string, flags: ExportFlags) => {
    const { runExport } = await work.exporting();
    const { out, overwrite = false, plugin: plugins } = flags;
    const result = await runExport({ checkpoint: run, out, overwrite, plugins });
    if (flags.json) printJson(result);
    else printResult(exportText(result));
  });
}

function exportText({ path, runner, tensors, unread, beside }: ExportResult): string {
  const zeros = unread === 0
    ? ""
    : `, ${unread} of them zeros, which the official code never reads`;
  const files = Object.entries(beside).map(([name, file]) => `${file} (${name})`);
  return [`${tensors} tensors of ${runner}${zeros}`, path, ...files].join("\n");
}
