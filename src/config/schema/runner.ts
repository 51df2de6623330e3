/**
 * The section `runner`: a paper as a choice of slots. The schemas of the slots come from the
 * registry, so that a new slot file is known to checks, help, docs and editors at once.
 */

import { z } from "zod";
import { paperMetrics } from "../../metrics/metric_table.ts";
import {
  type OptimizerConfig,
  type OptimizerGroup,
  optimizerGroupSchema,
  optimizerSchema,
  type ScheduleConfig,
  scheduleSchema,
} from "./optimizer.ts";

/** What the configuration reads of a slot entry. */
export interface CatalogEntry {
  name: string;
  summary: string;
  source: string;
  /** A strictObject, with a default and a description for each key. */
  config: z.ZodType;
}

/** What the configuration reads of the registry: the entries of each slot by name. */
export interface SlotCatalog {
  encoder: Record<string, CatalogEntry>;
  head: Record<string, CatalogEntry>;
  branch: Record<string, CatalogEntry>;
  loss: Record<string, CatalogEntry>;
}

/** A slot as configured: its name and the settings of that entry. */
export type SlotConfig = { name: string } & Record<string, unknown>;

/** A loss term as configured; its value is multiplied by `weight`. */
export type LossConfig = { name: string; weight: number } & Record<string, unknown>;

const featuresSchema = z.strictObject({
  dim: z.int().min(1).nullable().default(null).describe(
    "Channels per snippet, without a magnitude channel; null: as data.dim says, else as the files have",
  ),
  crops: z.int().min(1).nullable().default(null).describe(
    "Crops per snippet; null: as data.crops says, else as the files have",
  ),
  segments: z.int().min(1).nullable().default(null).describe(
    "Segments of a training video that the paper works with; null: any number",
  ),
  text_aligned: z.boolean().default(false).describe(
    "Whether the features must share a space with text (CLIP)",
  ),
});

export type FeaturesConfig = z.infer<typeof featuresSchema>;

export const publishedSchema = z.strictObject({
  by: z.string().min(1).default("paper").describe("Who reports it: paper, or a repository"),
  data: z.string().min(1).describe("Data set"),
  metric: z.enum(paperMetrics).default("roc_auc").describe(
    "Metric over all frames",
  ),
  percent: z.number().min(0).max(100).describe("The value, in percent"),
  features: z.string().default("").describe("Features, and what else was special"),
});

/** A number from the literature. */
export type PublishedResult = z.infer<typeof publishedSchema>;

export interface RunnerConfig {
  name: string;
  paper: string;
  published: PublishedResult[];
  features: FeaturesConfig;
  encoder: SlotConfig;
  head: SlotConfig;
  branch: SlotConfig | null;
  branches: SlotConfig[];
  loss: LossConfig[];
  optimizer: OptimizerConfig;
  schedule: ScheduleConfig;
  optimizer_groups: OptimizerGroup[];
  grad_clip_norm: number | null;
  guard_sqrt: boolean;
  attn_impl: "eager" | "fused";
  plugins?: string[];
}

const weight = z.number().default(1).describe("Factor of this term in the loss; 0 switches it off");

/** Schema of one entry: its own settings, its name, and for a loss term its weight. */
function entrySchema(entry: CatalogEntry, isLoss: boolean): z.ZodObject {
  if (!(entry.config instanceof z.ZodObject)) {
    throw new Error(`the settings of slot entry "${entry.name}" must be a z.strictObject`);
  }
  // safeExtend keeps the entry's rules across keys (refinements).
  const named = entry.config.safeExtend({ name: z.literal(entry.name) });
  const weighted = isLoss && !("weight" in entry.config.shape)
    ? named.safeExtend({ weight })
    : named;
  return weighted.describe(entry.summary);
}

function slotSchema(entries: Record<string, CatalogEntry>, isLoss = false): z.ZodType {
  const options = Object.values(entries).map((entry) => entrySchema(entry, isLoss));
  const [first, ...rest] = options;
  if (first === undefined) return z.null();
  return z.discriminatedUnion("name", [first, ...rest] as [z.ZodObject, ...z.ZodObject[]]);
}

/** The schema of the section `runner` over the slots of a registry. */
export function runnerSchema(catalog: SlotCatalog): z.ZodType<RunnerConfig> {
  const schema = z.strictObject({
    name: z.string().min(1).describe("Name of the method, by default that of its file"),
    paper: z.string().default("").describe("Authors, venue and arXiv number"),
    published: z.array(publishedSchema).default([]).describe(
      "Results that the paper and others report, shown beside measured ones: a list of {by, data, metric, percent, features}",
    ),
    features: featuresSchema.prefault({}).describe("The features that the method is made for"),
    encoder: slotSchema(catalog.encoder).describe("Temporal encoder"),
    head: slotSchema(catalog.head).describe("Scoring head"),
    branch: slotSchema(catalog.branch).nullable().default(null).describe("Text branch; null: none"),
    branches: z.array(slotSchema(catalog.branch)).default([]).describe(
      "Further branches behind it, which may read what it provides",
    ),
    loss: z.array(slotSchema(catalog.loss, true)).min(1).describe(
      "Loss terms, summed with their weights",
    ),
    optimizer: optimizerSchema.prefault({ name: "adam" }).describe("Optimiser"),
    schedule: scheduleSchema.prefault({ name: "constant" }).describe("Learning rate schedule"),
    optimizer_groups: z.array(optimizerGroupSchema).default([]).describe(
      "Parameters that have an optimiser and a schedule of their own; all others have the two above",
    ),
    grad_clip_norm: z.number().positive().nullable().default(null).describe(
      "Global L2 norm to which gradients are clipped; null: no clipping",
    ),
    guard_sqrt: z.boolean().default(false).describe(
      "true: the gradient of a root of exactly 0 is 0; false: infinite or NaN, as in the official codes",
    ),
    attn_impl: z.enum(["eager", "fused"]).default("fused").describe(
      "fused: attention by our own kernel, without a T x T matrix; eager: from plain operations, for comparison",
    ),
    // Optional: a run without plugins keeps the configuration that it had before there were any.
    plugins: z.array(z.string().min(1)).optional().describe(
      "Files of slots of your own, which --plugin adds to; a run keeps each with its SHA-256 sum",
    ),
  });
  // The union of slots is made at run time, so its type cannot be inferred; RunnerConfig states it.
  return schema as unknown as z.ZodType<RunnerConfig>;
}
