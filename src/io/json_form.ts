/** JSON that is read back: what is damaged, or of another form, is refused and says where. */

import type { z } from "zod";

/**
 * The value of a JSON text.
 *
 * @param refused makes the fault from what was found: "it is no JSON"
 */
export function jsonOf(text: string, refused: (found: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refused("it is no JSON");
  }
}

/**
 * The value as its schema has it.
 *
 * @param refused makes the fault from what was found: "best.step: Invalid input ..."
 */
export function inForm<Form>(
  value: unknown,
  schema: z.ZodType<Form>,
  refused: (found: string) => Error,
): Form {
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  const [{ path, message }] = error.issues;
  throw refused(`${path.join(".") || "the whole"}: ${message}`);
}
