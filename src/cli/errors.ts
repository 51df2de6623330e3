/** What an error says to the person or the program that asked. */

import { CommanderError } from "commander";
import { isFault } from "../fault.ts";
import { untoldRefusal } from "../io/untold_refusal.ts";
import { build, tool } from "../tool.ts";
import { printJson, printMessage, styled } from "./output.ts";

/** Done; the user's fault, or a check that failed; ours. */
export const EXIT = { done: 0, fault: 1, bug: 2 } as const;

/** Characters of a line of a message; the longest of ours have a quarter. */
const LONGEST_LINE = 4000;

/** An error in words. */
export interface SaidError {
  /** "usage": the command line itself; "fault": what it asked for; "permission"; "bug": ours. */
  kind: "usage" | "fault" | "permission" | "bug";
  message: string;
  exit_code: number;
}

/** The error in words, or null where help or the version ended the program. */
function saidError(thrown: unknown): SaidError | null {
  const error = untoldRefusal(thrown);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    const message = error.message.replace(/^error: /, "");
    return { kind: "usage", message, exit_code: EXIT.fault };
  }
  if (error instanceof Deno.errors.NotCapable) {
    const message = build() === null
      ? `${error.message}; allow it, or run with -A`
      : ofExecutable(error.message);
    return { kind: "permission", message, exit_code: EXIT.fault };
  }
  if (isFault(error)) {
    const message = build() === null ? error.message : ofExecutable(error.message);
    return { kind: "fault", message: shortened(message), exit_code: EXIT.fault };
  }
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { kind: "bug", message, exit_code: EXIT.bug };
}

/** Deno's advice, in what an executable's start script takes in place of its flags. */
export function ofExecutable(message: string): string {
  return message.replace(
    /run again with the --allow-[\w-]+ flag/,
    "run again with WSVAD_ALLOW=all in the environment",
  );
}

/**
 * Prints what the error has to say and gives the exit code.
 *
 * @param json whether a program reads stdout: it gets the error as JSON too
 */
export function exitCodeOf(error: unknown, json = false): number {
  const said = saidError(error);
  if (said === null) return EXIT.done;
  const { kind, message } = said;
  if (kind === "permission") printMessage(message);
  if (kind === "fault") printMessage(styled("red", message, "stderr"));
  if (kind === "bug") {
    printMessage(
      `${message}\n\nThis is a bug in wsvad ${tool.version}: please report it with the lines above`,
    );
  }
  // Commander has printed mistakes of usage.
  if (json) tellProgram(said);
  return said.exit_code;
}

function tellProgram(said: SaidError): void {
  try {
    printJson({ error: said });
  } catch {
    // Nobody reads stdout any more; the exit code tells the same.
  }
}

/** Messages repeat what was given, which may be a key of a hundred thousand characters. */
function shortened(message: string): string {
  const line = (text: string) =>
    text.length <= LONGEST_LINE
      ? text
      : `${text.slice(0, LONGEST_LINE / 2)} ... ${text.slice(-LONGEST_LINE / 2)}`;
  return message.split("\n").map(line).join("\n");
}
