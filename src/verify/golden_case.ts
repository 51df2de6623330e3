/** Golden cases as they lie on disk: case.json and expected.safetensors. */

import { z } from "zod";
import { didYouMean } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import { entryAt, readText } from "../io/read_file.ts";
import { elementsOf, float32Of, readSafetensors } from "../io/safetensors.ts";
import { builtInNames } from "./built_in_cases.ts";
import type { Numbers } from "./compare.ts";
import type { Filled } from "./fill.ts";

const filled = z.object({
  name: z.string(),
  shape: z.array(z.int().positive()),
  lo: z.number(),
  hi: z.number(),
});

const schema = z.object({
  runner: z.string(),
  case: z.string(),
  kind: z.enum(["eval", "train", "steps", "function"]),
  /** Which part of a runner a function case is of, where it has several. */
  mode: z.string().optional(),
  salt: z.string(),
  hyper: z.record(z.string(), z.unknown()),
  parameters: z.array(filled).default([]),
  inputs: z.array(filled.extend({ gain: filled.optional(), note: z.string().optional() })),
  inputs_salt: z.string().optional(),
  texts: z.array(z.string()).optional(),
  optimizer: z.looseObject({
    name: z.string(),
    lr: z.number(),
    clip_grad_norm: z.number().nullish(),
  }).optional(),
  /** Of the parameters of the runner's optimizer group `refiner`. */
  optimizer_refiner: z.looseObject({
    name: z.string(),
    schedule: z.looseObject({
      warmup_steps: z.int(),
      total_steps: z.int(),
      final_factor: z.number(),
    }),
  }).optional(),
  /** All classes of each video, where some have several. */
  class_labels_all: z.array(z.array(z.int().min(0))).optional(),
  class_labels: z.array(z.int().min(0)).optional(),
  /** Valid snippets of each video; the rest is padding. */
  lengths: z.array(z.int().positive()).optional(),
  derived_inputs: z.string().optional(),
  // Beside the weights there may be a note.
  loss_weights: z.record(z.string(), z.unknown()).default({}).transform((weights) =>
    Object.fromEntries(
      Object.entries(weights).filter((entry): entry is [string, number] =>
        typeof entry[1] === "number"
      ),
    )
  ),
  fp32_noise: z.record(z.string(), z.number()).default({}),
  perturbed: z.looseObject({ max_abs: z.record(z.string(), z.number()).default({}) }).optional(),
  zero_gradients: z.array(z.string()).default([]),
  step_inputs: z.looseObject({
    count: z.int().positive(),
    input: z.string().optional(),
    salt: z.string().optional(),
    final_input: z.string().optional(),
    final_salt: z.string().optional(),
    lengths: z.looseObject({ subtract_per_step: z.int(), minimum: z.int().positive() }).optional(),
    switches: z.array(z.looseObject({ name: z.string(), on_from_step: z.int() })).default([]),
  }).optional(),
});

export interface GoldenCase extends z.infer<typeof schema> {
  folder: string;
  inputs: Filled[];
  /** By tensor name. */
  expected: Map<string, Numbers>;
}

/**
 * Reads a case folder.
 *
 * @param against file to compare with in place of the folder's own expected.safetensors
 * @throws fault when the folder holds no golden case
 */
export async function readGoldenCase(folder: string, against?: string): Promise<GoldenCase> {
  return {
    ...await readCaseFile(folder),
    expected: await readNumbers(against ?? `${folder}/expected.safetensors`),
  };
}

/**
 * What a case says of itself, without its numbers.
 *
 * @throws fault as {@link readGoldenCase}
 */
export async function readCaseFile(folder: string): Promise<Omit<GoldenCase, "expected">> {
  const path = `${folder}/case.json`;
  const noCase = foundInPlaceOfCase(folder, path);
  if (noCase !== null) {
    throw fault(
      Error,
      `Cannot read golden case "${folder}": ${noCase}; name a folder that holds case.json and ` +
        `expected.safetensors, or a built-in case such as mil/eval${
          didYouMean(folder, builtInNames())
        }`,
    );
  }
  const text = await readText(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault(SyntaxError, `Cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw fault(SyntaxError, `Cannot read "${path}": ${z.prettifyError(parsed.error)}`);
  }
  return { ...parsed.data, folder };
}

/** What is wrong with a path that holds no case; null where it has a case.json. */
function foundInPlaceOfCase(folder: string, path: string): string | null {
  const entry = entryAt(folder);
  if (entry === null) return "there is no such folder, and no such built-in case";
  if (!entry.isDirectory()) return "it is no folder";
  return entryAt(path) === null ? "there is no case.json in it" : null;
}

async function readNumbers(path: string): Promise<Map<string, Numbers>> {
  const { tensors } = await readSafetensors(path);
  return new Map([...tensors].map(([name, tensor]) => {
    const integer = !/^(F|BF)/.test(tensor.dtype);
    // Sums of pixels go beyond what float32 holds exactly.
    const data = integer
      ? Float64Array.from(elementsOf(tensor) as ArrayLike<bigint>, Number)
      : float32Of(tensor);
    return [name, { shape: tensor.shape, data, integer }];
  }));
}
