/**
 * The check of a whole model's chain: features -> encoder -> head -> branch -> losses, before any
 * data is read.
 */

import { fault } from "../fault.ts";
import type { BackboneFacts } from "../contract/backbone.ts";
import { bindPort, parsePort, parsePorts, type Port } from "../contract/ports.ts";
import { type LossEntry, registry, type SlotEntry } from "./registry.ts";
import type { Ports, Sizes } from "../contract/slot.ts";

/** What a runner's configuration says of the model: each entry by name, with its settings. */
export interface ModelConfig {
  features: { dim: number; text_aligned?: boolean };
  /** Classes of the data, Normal among them; UCF-Crime's 14 when absent. */
  classes?: number;
  encoder: Entry;
  head: Entry;
  branch?: Entry | null;
  /** Further ones behind it, in their order. */
  branches?: Entry[];
  loss: (Entry & { weight: number })[];
  /** The gradient of a root of exactly 0 is 0 in place of the official codes' NaN. */
  guard_sqrt?: boolean;
  /** How attention is computed; "fused" when absent. */
  attn_impl?: "eager" | "fused";
}

export type Entry = { name: string } & Record<string, unknown>;

export type SlotKind = "encoder" | "head" | "branch" | "loss";

/** One link of the chain, its settings complete and its letters bound. */
export interface Link<S> {
  kind: SlotKind;
  slot: S;
  config: unknown;
  given: Sizes;
}

export interface Chain {
  slots: Link<SlotEntry>[];
  losses: Link<LossEntry>[];
  /** All ports after the last slot. */
  ports: Map<string, Port>;
}

/**
 * What every batch provides. `features.magnitude` is the L2 norm of each snippet: the channel that
 * came with the features, or taken on the device where a slot asks for it and there is none.
 */
export function batchPorts(
  { features, classes = 14 }: Pick<ModelConfig, "features" | "classes">,
): Ports {
  const aligned = features.text_aligned ? " : text_aligned" : "";
  return {
    features: `B N T ${features.dim}${aligned}`,
    "features.magnitude": "B N T 1",
    lengths: "B",
    class_ids: "B",
    labels: `B ${classes}`,
  };
}

/**
 * Checks that each entry finds what it requires.
 *
 * @throws fault naming the entry, what it lacks, and the entries that provide it
 */
export function checkChain(config: ModelConfig): Chain {
  const ports = parsePorts(batchPorts(config));
  const origin = new Map([...ports.keys()].map((name) => [name, "the features"]));
  const slots: Link<SlotEntry>[] = [];
  for (const { kind, entry } of slotEntries(config)) {
    const slot = registry[kind][entry.name];
    const settings = settingsOf(slot, entry);
    const given = bind(kind, slot, ports, origin, slots);
    const provided = slot.provides(settings, given);
    for (const [name, text] of Object.entries(provided)) {
      ports.set(name, parsePort(text, given));
      origin.set(name, `${kind} "${slot.name}"`);
    }
    slots.push({ kind, slot, config: settings, given });
  }
  const losses = config.loss.map((entry) => {
    const slot = registry.loss[entry.name];
    const settings = settingsOf(slot, entry);
    return {
      kind: "loss" as const,
      slot,
      config: settings,
      given: bind("loss", slot, ports, origin, slots),
    };
  });
  return { slots, losses, ports };
}

/**
 * Checks the chain of a model that would read a backbone's features, before any frame is decoded.
 *
 * @throws {TypeError} a fault: features of another width than the model was trained on, or not
 *     aligned with texts where it needs that; else as {@link checkChain}
 */
export function checkBackbone(
  config: ModelConfig,
  name: string,
  { dim, textAligned }: BackboneFacts,
): Chain {
  const { features } = config;
  if (features.text_aligned && !textAligned) {
    const aligned = Object.values(registry.backbone)
      .filter((entry) => entry.facts(entry.config.parse({})).textAligned);
    throw fault(
      TypeError,
      `Cannot read the features of backbone "${name}": the method compares them with texts, and they share no space with texts; backbones that do: ${
        aligned.map((entry) => entry.name).join(", ")
      }`,
    );
  }
  if (features.dim !== dim) {
    throw fault(
      TypeError,
      `Cannot read the features of backbone "${name}": they have ${dim} channels, the model reads ${features.dim}; take the backbone of the features that it was trained on`,
    );
  }
  return checkChain({ ...config, features: { dim, text_aligned: textAligned } });
}

/** The slots of a chain in their order; a branch may stand behind another. */
function slotEntries(config: ModelConfig): { kind: "encoder" | "head" | "branch"; entry: Entry }[] {
  const branches = [config.branch ?? [], config.branches ?? []].flat();
  return [
    { kind: "encoder", entry: config.encoder },
    { kind: "head", entry: config.head },
    ...branches.map((entry) => ({ kind: "branch" as const, entry })),
  ];
}

/** The entry's settings with its defaults, without the name. */
function settingsOf(slot: SlotEntry | LossEntry, { name: _, ...settings }: Entry): unknown {
  return slot.config.parse(settings);
}

function bind(
  kind: SlotKind,
  slot: SlotEntry | LossEntry,
  ports: Map<string, Port>,
  origin: Map<string, string>,
  before: Link<SlotEntry>[],
): Sizes {
  const given: Sizes = {};
  for (const [name, text] of Object.entries(slot.requires)) {
    const required = parsePort(text);
    const provided = ports.get(name);
    if (!provided) {
      throw fault(TypeError, `${kind} "${slot.name}" requires "${name}"; ${lacking(name, before)}`);
    }
    const problem = bindPort(required, provided, given);
    if (problem) {
      throw fault(
        TypeError,
        `${kind} "${slot.name}" requires "${name}" ${required.axes.join(" ")}: ${problem} from ${
          origin.get(name)
        }${remedy(required, provided)}`,
      );
    }
  }
  return given;
}

/** What to do about features of another kind. */
function remedy(required: Port, provided: Port): string {
  const lacks = (name: string) =>
    required.properties.includes(name) && !provided.properties.includes(name);
  return lacks("text_aligned")
    ? "; take features that share a space with text, as CLIP's do, and say so by data.features=clip"
    : "";
}

/** Who of the chain could have provided a port, and which entries would. */
function lacking(port: string, before: Link<SlotEntry>[]): string {
  const providers = (["encoder", "head", "branch"] as const).flatMap((kind) => {
    const names = Object.values(registry[kind]).filter((slot) => slot.offers.includes(port))
      .map((slot) => slot.name);
    return names.length ? [{ kind, names }] : [];
  });
  const said = providers.map(({ kind, names }) => {
    const chosen = before.find((link) => link.kind === kind);
    const subject = chosen ? `${kind} "${chosen.slot.name}" does not provide it; ` : "";
    return `${subject}${kind === "branch" ? "branches" : `${kind}s`} that do: ${names.join(", ")}`;
  });
  return said.length ? said.join("; ") : "no entry provides it";
}
