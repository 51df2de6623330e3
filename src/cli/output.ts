/** Where results and messages go: results to stdout, everything else to stderr, colour only on a terminal. */

import { styleText } from "node:util";
import { fault } from "../fault.ts";

type Style = Parameters<typeof styleText>[0];

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

/**
 * Writes a result, with a line end.
 *
 * @throws {Deno.errors.BrokenPipe} the reader has gone: `wsvad config | head`
 * @throws {Error} it cannot be written: no space left where stdout leads
 */
export function printResult(text: string): void {
  try {
    writeAll(Deno.stdout, text.endsWith("\n") ? text : `${text}\n`);
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
    writeAll(Deno.stderr, text.endsWith("\n") ? text : `${text}\n`);
  } catch {
    // There is nowhere left to say it.
  }
}

/** Warnings of libraries are dropped as {@link printMessage} drops messages: those of tfjs end no training. */
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
  return onTerminal ? styleText(style, text, { validateStream: false }) : text;
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
