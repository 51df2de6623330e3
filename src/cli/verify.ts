/** `wsvad verify`. */

import { Command } from "commander";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { printJson, printMessage, printResult } from "./output.ts";
import { verifyText } from "./results.ts";
import {
  type DeviceFlags,
  deviceOptions,
  withDevice,
  withForeign,
  withJson,
  withQuiet,
} from "./shared_options.ts";
import { type VerifyReport, work } from "./work.ts";

interface VerifyFlags extends DeviceFlags {
  weights?: string;
  runner?: string;
  against?: string;
  json?: boolean;
  quiet?: boolean;
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
    .option("--against <file>", "compare with this file in place of expected.safetensors")
    .option(
      "--weights <path>",
      "in place of cases: score the features in the file of --against with this checkpoint, and compare " +
        "with the scores in that file",
    );
  withQuiet(withJson(withDevice(withForeign(command))));
  withExamples(command, [
    ["wsvad verify mil/eval mil/train", "two cases, on the device that auto chooses"],
    ["wsvad verify rtfm --device webgpu --json", "all cases of a method, for a program"],
    ["wsvad verify mil/eval --against mine.safetensors", "your own port or export"],
    ["wsvad verify tests/golden/mil/eval", "a folder with a case"],
    [
      "wsvad verify --weights best.pkl --runner rtfm --against outputs.npz",
      "features and scores that another framework stored",
    ],
  ]);
  return command.action(async (cases: string[], flags: VerifyFlags) => {
    const report = flags.weights === undefined
      ? await verifyCases(cases, flags)
      : await verifyWeights(flags.weights, cases, flags);
    if (flags.json) printJson(report);
    else printResult(verifyText(report));
    if (!report.ok) failed();
  });
}

async function verifyCases(cases: string[], flags: VerifyFlags): Promise<VerifyReport> {
  if (flags.runner !== undefined) {
    throw fault(
      RangeError,
      "Cannot verify: --runner says what --weights holds, which is not given",
    );
  }
  const { runVerify } = await work.verify();
  return await runVerify({
    cases,
    against: flags.against,
    ...deviceOptions(flags),
    onCase: (folder) => flags.quiet || printMessage(`verifying ${folder}`),
  });
}

async function verifyWeights(
  weights: string,
  cases: string[],
  flags: VerifyFlags,
): Promise<VerifyReport> {
  const { runner, against } = flags;
  if (against === undefined || cases.length > 0) {
    throw fault(
      RangeError,
      "Cannot verify weights: give --against FILE with features and scores, and no cases",
    );
  }
  const { verifyOutputs } = await work.outputs();
  return await verifyOutputs({ weights, runner, against, ...deviceOptions(flags) });
}
