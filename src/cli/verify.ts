/** `wsvad verify`. */

import { Command } from "commander";
import { printJson, printMessage, printResult } from "./output.ts";
import { verifyText } from "./results.ts";
import {
  type DeviceFlags,
  deviceOptions,
  withDevice,
  withExamples,
  withJson,
} from "./shared_options.ts";
import { work } from "./work.ts";

interface VerifyFlags extends DeviceFlags {
  against?: string;
  json?: boolean;
}

/** @param failed told when a tensor is over its limit: the exit code is then 1 */
export function verifyCommand(failed: () => void): Command {
  const command = new Command("verify")
    .summary("compare this tool with the official code, tensor by tensor")
    .description(
      "Builds the model of each golden case, fills weights and inputs by the case's formula, runs it " +
        "and compares every expected tensor. Exit code 1 if one is over its limit.\n\n" +
        "Without arguments all built-in cases are run: several of each method, some minutes.",
    )
    .argument(
      "[cases...]",
      "built-in cases (mil, mil/eval), or folders with case.json and expected.safetensors",
    )
    .option("--against <file>", "compare with this file in place of expected.safetensors");
  withJson(withDevice(command));
  withExamples(command, [
    ["wsvad verify mil/eval mil/train", "two cases, on the device that auto chooses"],
    ["wsvad verify rtfm --device webgpu --json", "all cases of a method, for a program"],
    ["wsvad verify mil/eval --against mine.safetensors", "your own port or export"],
    ["wsvad verify tests/golden/mil/eval", "a folder with a case"],
  ]);
  return command.action(async (cases: string[], flags: VerifyFlags) => {
    const { runVerify } = await work.verify();
    const report = await runVerify({
      cases,
      against: flags.against,
      ...deviceOptions(flags),
      onCase: (folder) => printMessage(`verifying ${folder}`),
    });
    if (flags.json) printJson(report);
    else printResult(verifyText(report));
    if (!report.ok) failed();
  });
}
