/**
 * The rows of `--runners`: methods, and variants of them with settings of their own.
 *
 *     mil                                     a method
 *     mil@runner.head.dropout=0               a variant, named as it is written
 *     mil@runner.head.dropout=0@data.dim=64   with two settings
 *     plain=mil@runner.head.dropout=0         a variant with a name
 */

import { splitOutside } from "../config/sweep_grammar.ts";
import { fault } from "../fault.ts";

export interface RunnerRow {
  /** As the tables have it. */
  name: string;
  runner: string;
  /** Of this row alone. */
  settings: string[];
}

/**
 * Reads --runners.
 *
 * @param texts lists with commas
 * @throws fault: a bracket or quote without its end, a row without a method, a name that stands
 *   twice
 */
export function parseRows(texts: readonly string[]): RunnerRow[] {
  const refused = (reason: string) =>
    fault(
      SyntaxError,
      `Cannot read the runners "${
        texts.join(",")
      }": ${reason}; they are such as mil,rtfm,mil@runner.head.dropout=0`,
    );
  const rows = texts.flatMap((text) => splitOutside(text, ",", refused)).map((part) => part.trim())
    .filter((part) => part !== "").map((part) => {
      const [, given, rest] = /^([^@=]+)=([^@=]+(?:@.*)?)$/s.exec(part) ?? [, , part];
      const [runner, ...settings] = splitOutside(rest!, "@", refused).map((word) => word.trim());
      if (runner === "" || runner.includes("=")) throw refused(`"${part}" names no method`);
      if (settings.includes("")) throw refused(`"${part}" lacks a setting behind an @`);
      return { name: given?.trim() ?? part, runner, settings };
    });
  const twice = rows.find(({ name }, i) => rows.findIndex((row) => row.name === name) !== i);
  if (twice !== undefined) throw refused(`"${twice.name}" stands twice`);
  if (rows.length === 0) throw refused("there is none");
  return rows;
}
