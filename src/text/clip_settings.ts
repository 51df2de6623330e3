/**
 * What every text branch asks: whose weights, which vocabulary, how large the tower is, the names
 * of the classes.
 */

import { z } from "zod";
import { ucfClasses } from "../sets/ucf_crime.ts";

/** In place of a path: the small random tower that synthetic features correspond to. */
export const BUILT_IN = "built_in";

/** In place of a path: the checkpoint itself holds the tower, as that of another program does. */
export const IN_CHECKPOINT = "checkpoint";

const towerSchema = z.strictObject({
  width: z.int().positive().default(512).describe("channels of the tower"),
  layers: z.int().positive().max(1000).default(12).describe("transformer blocks"),
  heads: z.int().positive().default(8).describe("attention heads; CLIP has width / 64"),
  context: z.int().min(2).default(77).describe("positions, start and end of text included"),
  vocabulary: z.int().min(2).default(49408).describe("rows of the token embedding"),
});

/** Settings to spread into the strictObject of a branch. */
export const clipSettings = {
  clip: z.string().min(1).nullable().default(null).describe(
    "CLIP's weights: the folder of a Hugging Face model, or a .safetensors file with the keys of Hugging Face, OpenAI or VadCLIP; built_in: a small random tower, taken by itself on synthetic data; checkpoint: those of an imported checkpoint; null: none yet",
  ),
  vocabulary: z.string().min(1).nullable().default(null).describe(
    "tokens of another tower: a folder or file as CLIP's come; null: CLIP's own",
  ),
  tower: towerSchema.prefault({}).describe("sizes of the text tower, by default ViT-B/16's"),
  classes: z.array(z.string().min(1)).min(2).default([...ucfClasses]).describe(
    "text of each class by class id, Normal first",
  ),
};

export interface ClipSettings {
  clip: string | null;
  vocabulary: string | null;
  tower: z.infer<typeof towerSchema>;
  classes: string[];
}

export interface TowerSizes {
  /** Rows of the token embedding. */
  vocabulary: number;
  /** Positions. */
  context: number;
  width: number;
  layers: number;
  heads: number;
  /** Channels of what it gives, those of the image features. */
  embed: number;
}
