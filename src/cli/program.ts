/** The command line: which command there is, and what each exit code means. */

import { Command, CommanderError } from "commander";
import settings from "../../deno.json" with { type: "json" };
import { isFault } from "../fault.ts";
import { benchCommand } from "./bench.ts";
import { configCommand } from "./config.ts";
import { demoCommand } from "./demo.ts";
import { dictionaryCommand } from "./dictionary.ts";
import { doctorCommand } from "./doctor.ts";
import { evalCommand } from "./eval.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { matrixCommand } from "./matrix.ts";
import { printMessage, printResult, styled } from "./output.ts";
import { scoreCommand } from "./score.ts";
import { settingHint } from "./setting_hint.ts";
import { slotsCommand } from "./slots.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";

/** Done; the user's fault, or a check that failed; ours. */
export const EXIT = { done: 0, fault: 1, bug: 2 } as const;

/** Characters of a line of a message; the longest of ours have a quarter. */
const LONGEST_LINE = 4000;

/** Runs a command line and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram((bug = false) => code = bug ? EXIT.bug : EXIT.fault);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    await hintAt(error, program, args);
    // wsvad ... | head: what was found stands, a failed check or cell too.
    return error instanceof Deno.errors.BrokenPipe ? code : exitCodeOf(error);
  }
}

/** Says which setting an unknown option seems to be, where it seems to be one. */
async function hintAt(error: unknown, program: Command, args: string[]): Promise<void> {
  if (!(error instanceof CommanderError) || error.code !== "commander.unknownOption") return;
  const option = error.message.match(/'(-[^']*)'/)?.[1];
  const command = program.commands.find((candidate) => candidate.name() === args[0]);
  const hint = option === undefined ? null : await settingHint(command, option, args);
  if (hint !== null) printMessage(hint);
}

function createProgram(failed: (bug?: boolean) => void): Command {
  const program = new Command("wsvad")
    .description(
      "Weakly-supervised video anomaly detection: train, evaluate and apply methods on cached " +
        "video features, on any GPU or on none.",
    )
    .version(settings.version, "-V, --version", "print the version");
  for (
    const command of [
      demoCommand(),
      trainCommand(),
      evalCommand(),
      scoreCommand(),
      importCommand(),
      exportCommand(),
      verifyCommand(failed),
      doctorCommand(failed),
      benchCommand(),
      slotsCommand(),
      dictionaryCommand(),
      matrixCommand(failed),
      configCommand(),
    ]
  ) {
    program.addCommand(command);
  }
  program.addHelpText(
    "after",
    "\nExamples:\n  wsvad demo\n      train, evaluate and report on built-in data\n" +
      "  wsvad train --runner rtfm data=ucf_crime_i3d data.root=/data/ucf_crime trainer.seed=1\n" +
      "      train on your features\n" +
      "\nExit codes: 0 done, 1 a mistake in what was asked or a failed check, 2 a bug.",
  );
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError("(add --help for all options and examples)")
      .configureHelp({
        helpWidth: helpWidth(),
        styleTitle: (title) => styled("bold", title, "stdout"),
      })
      .configureOutput({ writeOut: printResult, writeErr: printMessage });
  }
  return program;
}

function helpWidth(): number {
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 0;
  return columns === 0 ? 100 : Math.min(100, columns); // some terminals do not tell their width
}

/** Prints what the error has to say and gives the exit code. */
export function exitCodeOf(error: unknown): number {
  // Help and version come this way too, with exit code 0;
  // commander has printed all there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.fault;
  if (error instanceof Deno.errors.NotCapable) {
    printMessage(`${error.message}; allow it, or run with -A`);
    return EXIT.fault;
  }
  if (isFault(error)) {
    printMessage(styled("red", shortened(error.message), "stderr"));
    return EXIT.fault;
  }
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  printMessage(
    `${text}\n\nThis is a bug in wsvad ${settings.version}: please report it with the lines above`,
  );
  return EXIT.bug;
}

/** Messages repeat what was given, which may be a key of a hundred thousand characters. */
function shortened(message: string): string {
  const line = (text: string) =>
    text.length <= LONGEST_LINE
      ? text
      : `${text.slice(0, LONGEST_LINE / 2)} ... ${text.slice(-LONGEST_LINE / 2)}`;
  return message.split("\n").map(line).join("\n");
}
