/**
 * Where results and messages go: results to stdout, everything else to stderr, colour only on a
 * terminal.
 */

import { styleText } from "node:util";
import { fault } from "../fault.ts";

type Style = Parameters<typeof styleText>[0];

/**
 * Stands for the escape character of our own styles until the text is written; no file name can
 * hold it.
 */
const STYLE = `\ufffe${crypto.randomUUID()}`;

/**
 * Characters by which a name out of a file could steer the terminal or turn the line around, in the
 * form that JSON has for them. Line ends and tabs stay.
 */
// deno-lint-ignore no-control-regex
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The text as the terminal is to get it: what comes from files is visible, our own styles are
 * styles.
 */
export function shown(text: string): string {
  return text.replace(
    STEERING,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
    .replaceAll(STYLE, "\x1b");
}

/** The same in one line: a name may hold line ends. */
export function shownInLine(text: string): string {
  return shown(text).replace(/[\n\t]/g, (found) => found === "\n" ? "\\u000a" : "\\u0009");
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

/**
 * Writes a result, with a line end.
 *
 * @param exactly a text that becomes a file: nothing in it is escaped unless it goes to a terminal
 * @throws {Deno.errors.BrokenPipe} the reader has gone: `wsvad config | head`
 * @throws {Error} it cannot be written: no space left where stdout leads
 */
export function printResult(text: string, exactly = false): void {
  try {
    const whole = exactly && !Deno.stdout.isTerminal() ? text : shown(text);
    writeAll(Deno.stdout, whole.endsWith("\n") ? whole : `${whole}\n`);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    throw fault(Error, `Cannot write the result to stdout: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Writes a result for programs: one JSON value. Numbers that are not finite become null. */
export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, null, 2));
}

/**
 * Writes a message for the person at the terminal. One that cannot be written is dropped, since the
 * work is worth more than its progress: the reader has gone, the disk behind stderr is full, the
 * terminal was closed. The exit code tells how the work ended.
 */
export function printMessage(text: string): void {
  try {
    const whole = shown(text);
    writeAll(Deno.stderr, whole.endsWith("\n") ? whole : `${whole}\n`);
  } catch {
    // There is nowhere left to say it.
  }
}

/**
 * Warnings of libraries are dropped as {@link printMessage} drops messages: those of tfjs end no
 * training.
 */
export function dropUnwritableWarnings(): void {
  for (const level of ["warn", "error"] as const) {
    const write = console[level];
    console[level] = (...values) => {
      try {
        write(...values);
      } catch {
        // There is nowhere left to say it.
      }
    };
  }
}

/** Colours text where the stream is a terminal and NO_COLOR is not set. */
export function styled(style: Style, text: string, stream: "stdout" | "stderr"): string {
  const onTerminal = Deno[stream].isTerminal() && !Deno.noColor;
  return onTerminal
    ? styleText(style, shown(text), { validateStream: false }).replaceAll("\x1b", STYLE)
    : text;
}

/** Rows as aligned columns, two spaces apart; numbers are given as text. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]));
    return (indent + cells.join("  ")).trimEnd();
  }).join("\n");
}
