/** `wsvad licenses`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { withJson } from "./shared_options.ts";
import { type LicensedPart, work } from "./work.ts";

export function licensesCommand(): Command {
  const command = new Command("licenses")
    .summary("what is inside this executable, and under which licences")
    .description(
      "Lists what an executable carries, each with its version and licence; a name prints its text.",
    )
    .argument("[name]", "only this part, with the text of its licence");
  withJson(command);
  withExamples(command, [
    ["wsvad licenses", "all parts"],
    ["wsvad licenses zod", "one part, and the text that goes with it"],
  ]);
  return command.action(async (name: string | undefined, { json }: { json?: boolean }) => {
    const { licenses } = await work.licenses();
    const parts = licenses(name);
    if (json) printJson(parts);
    else printResult(name === undefined ? table(parts) : parts.map(whole).join("\n\n"));
  });
}

function table(parts: LicensedPart[]): string {
  const rows = parts.map(({ name, version, license }) => [name, version, license || "none given"]);
  return columns([["part", "version", "licence"], ...rows]);
}

function whole({ name, version, license, text }: LicensedPart): string {
  const title = styled("bold", `${name} ${version}`, "stdout");
  return `${title}  ${license || "none given"}\n\n${text || "It comes without a text"}`;
}
