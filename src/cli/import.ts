/** `wsvad import`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { columns, printJson, printMessage, printResult } from "./output.ts";
import { withConfigDir, withJson } from "./shared_options.ts";
import { type ImportResult, work } from "./work.ts";

interface ImportFlags {
  runner: string;
  out?: string;
  overwrite?: boolean;
  configDir?: string[];
  plugin?: string[];
  json?: boolean;
}

export function importCommand(): Command {
  const command = new Command("import")
    .summary("take over a checkpoint of another program")
    .description(
      "Reads weights that another program saved (PyTorch .pth, .pt, .pkl and .ckpt, .safetensors, .npz, " +
        "MATLAB .mat, pickles of arrays, folders of Hugging Face's libraries), checks every key and shape " +
        "against the method, and writes a checkpoint for eval and score. Nothing in the file is run.",
    )
    .argument("<file>", "the checkpoint")
    .argument("[settings...]", "key=value, where the weights were trained with other sizes")
    .requiredOption("--runner <name>", "the method whose weights these are")
    .option("--out <file>", "file to write (default: <file> with the ending .<method>.safetensors)")
    .option("--overwrite", "replace the file where it exists");
  withJson(withConfigDir(command));
  withExamples(command, [
    ["wsvad import --runner rtfm rtfm_official.pkl", "the official code's weights"],
    [
      "wsvad import --runner ur_dmu ucf_trans_2022.pkl --out weights/ur_dmu.safetensors",
      "into a file of another name",
    ],
    ["wsvad import --runner mil weights_L1L2.mat", "the original MATLAB file"],
  ]);
  return command.action(async (file: string, settings: string[], flags: ImportFlags) => {
    const { runImport } = await work.importing();
    const result = await runImport({
      checkpoint: file,
      runner: flags.runner,
      overrides: settings,
      configDirs: flags.configDir ?? [],
      plugins: flags.plugin,
      out: flags.out,
      overwrite: flags.overwrite ?? false,
    });
    for (const note of result.notes) printMessage(`Warning: ${note}`);
    if (flags.json) printJson(result);
    else printResult(importText(result));
  });
}

function importText({ path, runner, kind, tensors, numbers, dim, dropped }: ImportResult): string {
  const left = dropped.map(({ name, tensors, why }) => [
    name,
    tensors === 1 ? "1 tensor" : `${tensors} tensors`,
    why,
  ]);
  return [
    `${tensors} tensors with ${numbers} numbers from ${kind}: every key and shape is that of ${runner}, ` +
    `for features of ${dim} channels`,
    ...(left.length > 0 ? ["left out:", columns(left, "  ")] : []),
    path,
  ].join("\n");
}
