/** `wsvad version`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult } from "./output.ts";
import { withJson } from "./shared_options.ts";
import { type VersionReport, work } from "./work.ts";

interface VersionFlags {
  verify?: true | string;
  json?: boolean;
}

/** @param failed told when a file is not as it was built: the exit code is then 1 */
export function versionCommand(failed: () => void): Command {
  const command = new Command("version")
    .summary("version, commit and platform; --verify compares the files with their sums")
    .description(
      "Prints the version, the commit that it was built from, and Deno's version. --verify reads each " +
        "file of an unpacked executable and compares it with its SHA-256 sum; with a list of sums, as a " +
        "release has one, it looks for the executable's own sum there.",
    )
    .option("--verify [sums]", "compare with the sums inside, and with a file of published ones");
  withJson(command);
  withExamples(command, [
    ["wsvad version", "which version this is"],
    ["wsvad version --verify", "and whether its files are as they were built"],
    ["wsvad version --verify SHA256SUMS", "and whether this file is the one that was published"],
  ]);
  return command.action(async ({ verify, json }: VersionFlags) => {
    const { versionReport } = await work.version();
    const report = versionReport({
      verify: verify !== undefined,
      sums: typeof verify === "string" ? verify : undefined,
    });
    if (json) printJson(report);
    else printResult(text(report));
    if (!report.ok) failed();
  });
}

function text({ version, commit, changed, platform, deno, file, checks }: VersionReport): string {
  const source = platform === null ? "from source" : commit ?? "unknown";
  const rows = [
    ["version", version],
    ["commit", changed ? `${source}, with changes` : source],
    ...(platform === null ? [] : [["platform", platform]]),
    ["Deno", deno],
    ...(file === null ? [] : [["file", file]]),
    ...checks.map(({ name, ok, found }) => [name, `${ok ? "ok" : "FAILED"}: ${found}`]),
  ];
  return columns(rows);
}
