/** What fits what, for `wsvad slots`. */

import { batchPorts } from "../model/chain.ts";
import { bindPort, parsePort, portText } from "../contract/ports.ts";
import type { BackboneFacts } from "../contract/backbone.ts";
import { type BackboneEntry, type LossEntry, registry, type SlotEntry } from "../model/registry.ts";
import type { Ports, Sizes } from "../contract/slot.ts";
import type { DataSet } from "../sets/data_set.ts";
import { dataSets } from "../sets/index.ts";

type Kind = "data_set" | "backbone" | "encoder" | "head" | "branch" | "loss";

export interface SlotDescription {
  kind: Kind;
  name: string;
  summary: string;
  source: string;
  /** Names with shapes, "[B, N, T, C]". */
  requires: Record<string, string>;
  provides: string[];
  /** Of a backbone with its default settings. */
  facts?: BackboneFacts;
  /** By kind, the names of the entries that can stand before or after it. */
  fits: Partial<Record<Kind, string[]>>;
}

/** Sizes that stand for any: the check here is about names, ranks and properties. */
const BATCH = batchPorts({ features: { dim: 2048, text_aligned: true } });

/** Every entry with what it requires, what it provides and its possible neighbours. */
export function describeSlots(): SlotDescription[] {
  const encoders = Object.values(registry.encoder);
  const heads = Object.values(registry.head);
  const losses = Object.values(registry.loss);
  const afterHead = (encoder: SlotEntry, head: SlotEntry): Ports | undefined => {
    const encoded = extended(BATCH, encoder);
    return encoded && extended(encoded, head);
  };
  const headFits = (encoder: SlotEntry, head: SlotEntry) => afterHead(encoder, head) !== undefined;
  const lossFits = (head: SlotEntry, loss: LossEntry) =>
    encoders.some((encoder) => {
      const ports = afterHead(encoder, head);
      return ports !== undefined && bound(ports, loss.requires) !== undefined;
    });
  const names = (entries: { name: string }[]) => entries.map(({ name }) => name);
  return [
    ...Object.entries(dataSets).map(([name, set]) => describedSet(name, set)),
    ...Object.values(registry.backbone).map((backbone) => describedBackbone(backbone)),
    ...encoders.map((encoder) =>
      described("encoder", encoder, {
        head: names(heads.filter((head) => headFits(encoder, head))),
      })
    ),
    ...heads.map((head) =>
      described("head", head, {
        encoder: names(encoders.filter((encoder) => headFits(encoder, head))),
        loss: names(losses.filter((loss) => lossFits(head, loss))),
      })
    ),
    ...Object.values(registry.branch).map((branch) => described("branch", branch, {})),
    ...losses.map((loss) =>
      described("loss", loss, { head: names(heads.filter((head) => lossFits(head, loss))) })
    ),
  ];
}

/** A data set, of whose videos features are made. */
function describedSet(name: string, { title, origin, classes }: DataSet): SlotDescription {
  return {
    ...{ kind: "data_set" as const, name, summary: title, source: origin?.source ?? "own videos" },
    requires: {},
    provides: [`classes ${classes.join(", ")}`],
    fits: {},
  };
}

/**
 * A backbone, and the branches that its features fit: the widths of all other entries bend to
 * theirs.
 */
function describedBackbone(backbone: BackboneEntry): SlotDescription {
  const { name, summary, source } = backbone;
  const facts = backbone.facts(backbone.config.parse({}));
  const { dim, textAligned } = facts;
  const batch = batchPorts({ features: { dim, text_aligned: textAligned } });
  const branches = Object.values(registry.branch).filter(({ requires }) =>
    Object.entries(requires).every(([port, text]) =>
      port !== "features" || bindPort(parsePort(text), parsePort(batch[port]), {}) === undefined
    )
  );
  return {
    ...{ kind: "backbone" as const, name, summary, source, facts },
    requires: { clips: portText({ axes: ["clips", ...facts.input], properties: [] }) },
    provides: [`features ${portText(parsePort(batch.features))}`],
    fits: { branch: branches.map((branch) => branch.name) },
  };
}

function described(
  kind: Kind,
  entry: SlotEntry | LossEntry,
  fits: SlotDescription["fits"],
): SlotDescription {
  const { name, summary, source, requires } = entry;
  const provides = "offers" in entry ? entry.offers : [];
  const shapes = Object.entries(requires).map(([port, text]) => [port, portText(parsePort(text))]);
  return { kind, name, summary, source, requires: Object.fromEntries(shapes), provides, fits };
}

/** Ports after an entry with its default settings, or undefined where it does not fit. */
function extended(ports: Ports, slot: SlotEntry): Ports | undefined {
  const given = bound(ports, slot.requires);
  return given && { ...ports, ...slot.provides(slot.config.parse({}), given) };
}

function bound(ports: Ports, requires: Ports): Sizes | undefined {
  const given: Sizes = {};
  for (const [name, text] of Object.entries(requires)) {
    if (!(name in ports)) return undefined;
    if (bindPort(parsePort(text), parsePort(ports[name]), given)) return undefined;
  }
  return given;
}
