/** `wsvad config`. */

import { Command, Option } from "commander";
import type { Section } from "../config/schema/index.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { withPlugins } from "./plugins.ts";
import { allOverrides, type ConfigFlags, withConfig, withJson } from "./shared_options.ts";

const SECTIONS: Section[] = ["data", "runner", "trainer", "eval"];

interface ShowFlags extends ConfigFlags {
  schema?: boolean | Section;
  list?: boolean;
  settings?: boolean | Section;
  json?: boolean;
}

export function configCommand(): Command {
  const command = new Command("config")
    .summary("print the settings that a command line stands for")
    .description(
      "Prints the resolved settings, checked as `wsvad train` would check them; or what can be set.",
    )
    .argument("[settings...]", "key=value and group=name")
    .option("--list", "the files that data=, runner= and trainer= can choose")
    .addOption(
      new Option("--settings [section]", "a table of every setting with its meaning (Markdown)")
        .choices(SECTIONS),
    )
    .addOption(
      new Option("--schema [section]", "JSON schema of a settings file, for editors")
        .choices(SECTIONS),
    );
  withJson(withConfig(command));
  withExamples(command, [
    ["wsvad config --runner rtfm data=ucf_crime_i3d", "everything that the run would use"],
    ["wsvad config --settings trainer", "what can be set under trainer."],
    ["wsvad config --schema runner > runner.schema.json", "for a runner file of your own"],
    ["wsvad config --list", "methods, data sets and trainers to choose from"],
  ]);
  return command.action(show);
}

async function show(settings: string[], flags: ShowFlags): Promise<void> {
  if (flags.list) return await showList(flags);
  const { registry: catalog } = await import("../model/registry.ts");
  if (flags.schema) {
    const { jsonSchema } = await import("../config/json_schema.ts");
    return printJson(
      jsonSchema(catalog, typeof flags.schema === "string" ? flags.schema : undefined),
    );
  }
  if (flags.settings) {
    const { settingsTable } = await import("../config/settings_table.ts");
    const sections = typeof flags.settings === "string" ? [flags.settings] : SECTIONS;
    return printResult(sections.map((section) => settingsTable(section, catalog)).join("\n"));
  }
  const { dumpConfig, resolveConfig } = await import("../config/resolve_config.ts");
  const config = resolveConfig({
    overrides: await withPlugins(allOverrides(settings, flags), flags),
    configDirs: flags.configDir,
    catalog,
  });
  if (flags.json) printJson(config);
  else printResult(dumpConfig(config), true);
}

async function showList({ configDir = [], json }: ShowFlags): Promise<void> {
  const { checkConfigDirs, GROUPS, listGroup } = await import("../config/groups.ts");
  checkConfigDirs(configDir);
  const lists = GROUPS.map((group) => [group, listGroup(group, configDir)] as const);
  if (json) return printJson(Object.fromEntries(lists));
  printResult(
    lists.map(([group, choices]) => {
      const rows = choices.map(({ name, summary, source }) => [
        `${group}=${name}`,
        source === "built in" ? summary : `${summary} (${source})`,
      ]);
      return `${styled("bold", group, "stdout")}\n${columns(rows, "  ")}`;
    }).join("\n\n"),
  );
}
