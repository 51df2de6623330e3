/** `wsvad doctor`. */

import { Command } from "commander";
import { withExamples } from "./help.ts";
import { columns, printJson, printMessage, printResult, styled } from "./output.ts";
import { withPlugins } from "./plugins.ts";
import {
  allOverrides,
  type ConfigFlags,
  type DeviceFlags,
  deviceOptions,
  withConfig,
  withDevice,
  withJson,
} from "./shared_options.ts";
import { type DoctorCheck, type DoctorReport, work } from "./work.ts";

interface DoctorFlags extends DeviceFlags, ConfigFlags {
  json?: boolean;
  installBlas?: boolean;
}

/** @param failed told when a check failed: the exit code is then 1 */
export function doctorCommand(failed: () => void): Command {
  const command = new Command("doctor")
    .summary("what this machine can do, what is missing and how to get it")
    .description(
      "Prints adapter, driver, limits, BLAS, memory, ffmpeg and the data that the settings name, and " +
        "runs every kernel against its reference; --json lists each. Exit code 1 if something is broken.",
    )
    .argument("[settings...]", "data=NAME and key=value: the data to look for");
  withJson(withDevice(withConfig(command)));
  command.option(
    "--install-blas",
    "first get OpenBLAS from Debian's or Ubuntu's packages into your cache folder; needs no root",
  );
  withExamples(command, [
    ["wsvad doctor", "the machine"],
    [
      "wsvad doctor data=ucf_crime_i3d data.root=/data/ucf_crime",
      "and whether all files are there",
    ],
  ]);
  return command.action(async (settings: string[], flags: DoctorFlags) => {
    const overrides = allOverrides(settings, flags);
    if (flags.installBlas) {
      const { installBlas } = await work.installing();
      printMessage(await installBlas());
    }
    const { runDoctor } = await work.doctor();
    const report = await runDoctor({
      device: deviceOptions(flags),
      config: overrides.length === 0 ? undefined : await configOf(overrides, flags),
    });
    if (flags.json) printJson(report);
    else printResult(doctorText(report));
    if (!report.ok) failed();
  });
}

async function configOf(overrides: string[], flags: ConfigFlags) {
  const { resolveConfig } = await import("../config/resolve_config.ts");
  const { registry: catalog } = await import("../model/registry.ts");
  // Data can be looked for without a method; mil asks nothing of it.
  const named = overrides.some((text) => text.startsWith("runner="));
  return resolveConfig({
    overrides: await withPlugins(named ? overrides : ["runner=mil", ...overrides], flags),
    configDirs: flags.configDir,
    catalog,
  });
}

const STYLES = { ok: "green", missing: "yellow", warning: "yellow", failed: "red" } as const;

function doctorText({ sections }: DoctorReport): string {
  return sections.map(({ title, checks: all }) => {
    const checks = all.filter(({ detail, status }) => !detail || status === "failed");
    const rows = checks.map(({ name, found }) => [name, found]);
    const texts = columns(rows).split("\n");
    const lines = checks.flatMap((check, i) => [line(check, texts[i]), ...advice(check)]);
    return [styled("bold", title, "stdout"), ...lines].join("\n");
  }).join("\n\n");
}

function line({ status }: DoctorCheck, text: string): string {
  return `  ${styled(STYLES[status], status.padEnd(7), "stdout")}  ${text}`;
}

function advice({ advice }: DoctorCheck): string[] {
  return advice === undefined ? [] : [`           ${advice}`];
}
