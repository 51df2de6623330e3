/** `wsvad slots`. */

import { Argument, Command } from "commander";
import { fault } from "../fault.ts";
import { withExamples } from "./help.ts";
import { columns, printJson, printResult, styled } from "./output.ts";
import { withJson, withPlugin } from "./shared_options.ts";
import { type SlotDescription, work } from "./work.ts";

const KINDS = ["data_set", "backbone", "encoder", "head", "branch", "loss"] as const;
const PLURALS = {
  data_set: "data sets",
  backbone: "backbones",
  encoder: "encoders",
  head: "heads",
  branch: "branches",
  loss: "losses",
};

const LEGEND = "B videos, N crops, T snippets, C channels, K selected snippets";

export function slotsCommand(): Command {
  const command = new Command("slots")
    .summary("the parts that methods are made of, and what fits what")
    .description(
      "Lists data sets, backbones, encoders, heads, branches and loss terms; of one kind, or with --all, also " +
        "what each requires, provides and fits.",
    )
    .addArgument(new Argument("[kind]", "only this kind").choices(KINDS))
    .argument("[name]", "only this entry, with its settings")
    .option("--all", "tell of all entries what is told with a kind");
  withJson(withPlugin(command));
  withExamples(command, [
    ["wsvad slots", "a line for each entry"],
    ["wsvad slots head", "what each head requires and provides, and what fits it"],
    ["wsvad slots head magnitude_topk", "one entry and its settings"],
    [
      "wsvad train --runner mil runner.encoder=pyramid_non_local",
      "a method with another encoder",
    ],
  ]);
  return command.action(async (kind: string | undefined, name: string | undefined, flags) => {
    const { loadPlugins } = await import("./plugins.ts");
    await loadPlugins(flags.plugin);
    const { describeSlots } = await work.slots();
    const all = describeSlots().filter((slot) => kind === undefined || slot.kind === kind);
    const chosen = all.filter((slot) => name === undefined || slot.name === name);
    if (chosen.length === 0 && name !== undefined) throw await unknownEntry(kind!, name, all);
    if (flags.json) return printJson(chosen);
    const settings = name === undefined ? [] : [await settingsOf(chosen[0])];
    if (kind === undefined && !flags.all) return printResult(shortText(chosen));
    printResult([slotsText(chosen), ...settings, LEGEND].join("\n\n"));
  });
}

async function unknownEntry(kind: string, name: string, all: SlotDescription[]): Promise<Error> {
  const { didYouMean } = await import("../config/nearest.ts");
  const names = all.map((slot) => slot.name);
  return fault(
    RangeError,
    `Cannot show ${kind} "${name}": no such entry${didYouMean(name, names)} (${names.join(", ")})`,
  );
}

async function settingsOf({ kind, name }: SlotDescription): Promise<string> {
  if (kind === "data_set") return `    chosen by data.classes=${name}`;
  const { backboneSettings, entrySettings } = await import("../config/settings_table.ts");
  const { registry } = await import("../model/registry.ts");
  const rows = kind === "backbone"
    ? backboneSettings(registry.backbone[name].config)
    : entrySettings(kind, name, registry);
  if (rows.length === 0) return "    no settings";
  const plain = (markdown: string) => markdown.replaceAll("`", "");
  return columns(
    [
      ["setting", "default", "values", "meaning"],
      ...rows.map((
        { key, values, preset, meaning },
      ) => [key, plain(preset), plain(values), meaning]),
    ],
    "    ",
  );
}

/** A line an entry. */
function shortText(slots: SlotDescription[]): string {
  const kinds = KINDS.map((kind) => {
    const rows = slots.filter((slot) => slot.kind === kind)
      .map(({ name, summary }) => [name, summary]);
    return `${styled("bold", PLURALS[kind], "stdout")}\n${columns(rows, "  ")}`;
  });
  return [...kinds, "wsvad slots KIND NAME tells all of one, wsvad slots --all of each"].join(
    "\n\n",
  );
}

function slotsText(slots: SlotDescription[]): string {
  return KINDS.flatMap((kind) => {
    const entries = slots.filter((slot) => slot.kind === kind);
    if (entries.length === 0) return [];
    return [[styled("bold", PLURALS[kind], "stdout"), ...entries.map(entryText)].join("\n\n")];
  }).join("\n\n");
}

/** What a backbone's features are. */
function factsText({ facts }: SlotDescription): string[][] {
  if (!facts) return [];
  const { unit, snippet, modality, lineage, textAligned, values } = facts;
  const each = unit === "frame"
    ? "one a frame"
    : unit === "snippet"
    ? `one for ${snippet} frames`
    : `one for ${snippet} rows of a spectrogram, ${snippet / 100} s`;
  return [
    ["features", `${modality}, ${each}, ${textAligned ? "" : "not "}aligned with texts`],
    ["lineage", `${lineage}: ${values}`],
  ];
}

function entryText(slot: SlotDescription): string {
  const { name, summary, source, requires, provides, fits } = slot;
  const required = Object.entries(requires).map(([port, shape]) => `${port} ${shape}`);
  const fitting = Object.entries(fits).map(([kind, names]) =>
    `${PLURALS[kind as keyof typeof PLURALS]}: ${names.length === 0 ? "none" : names.join(", ")}`
  );
  const facts = [
    ["source", source],
    ["requires", required.length === 0 ? "nothing" : required.join(", ")],
    ...(provides.length === 0 ? [] : [["provides", provides.join(", ")]]),
    ...factsText(slot),
    ...fitting.map((text, i) => [i === 0 ? "fits" : "", text]),
  ];
  return `  ${styled("bold", name, "stdout")}  ${summary}\n${columns(facts, "    ")}`;
}
