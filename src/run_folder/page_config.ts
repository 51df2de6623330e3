/**
 * What a page about a run needs of its config.yaml. The file is read by itself, without the slots
 * and plugins of the run, and an older version may lack what has a default.
 */

import { z } from "zod";
import { evalSchema } from "../config/schema/eval.ts";
import { publishedSchema } from "../config/schema/runner.ts";
import { fault } from "../fault.ts";
import { inForm } from "../io/json_form.ts";

const schema = z.looseObject({
  data: z.looseObject({
    name: z.string().nullable().default(null),
    fps: z.number().positive().default(30),
    batch_size: z.number().default(1),
  }).prefault({}),
  runner: z.looseObject({
    name: z.string().default("unknown"),
    paper: z.string().default(""),
    loss: z.array(z.looseObject({ name: z.string(), weight: z.number().default(1) })).default([]),
    published: z.array(publishedSchema).default([]),
  }).prefault({}),
  trainer: z.looseObject({
    seed: z.number().default(0),
    select: z.string().default("roc_auc"),
    accumulate: z.number().default(1),
    loop: z.string().default("steps"),
    max_steps: z.number().nullable().default(null),
  }).prefault({}),
  eval: z.looseObject(evalSchema.shape).prefault({}),
});

export type PageConfig = z.infer<typeof schema>;

/** @throws fault when it is not the configuration of a run */
export function pageConfig(config: unknown, path: string): PageConfig {
  return inForm(config ?? {}, schema, (found) => {
    return fault(
      SyntaxError,
      `Cannot read the settings "${path}": ${found}; restore the file from a copy`,
    );
  });
}
