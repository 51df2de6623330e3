/** The command line: which command there is, and what each exit code means. */

import {
  type Argument,
  Command,
  CommanderError,
  InvalidArgumentError,
  type Option,
} from "commander";
import settings from "../../deno.json" with { type: "json" };
import { didYouMean } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import { benchCommand } from "./bench.ts";
import { compareCommand } from "./compare.ts";
import { completionCommand } from "./completion.ts";
import { configCommand } from "./config.ts";
import { dataCommand } from "./data.ts";
import { demoCommand } from "./demo.ts";
import { dictionaryCommand } from "./dictionary.ts";
import { doctorCommand } from "./doctor.ts";
import { evalCommand } from "./eval.ts";
import { EXIT, exitCodeOf } from "./errors.ts";
import { extractCommand } from "./extract.ts";
import { exportCommand } from "./export.ts";
import { fitHelp, helpWidth, withExamples } from "./help.ts";
import { importCommand } from "./import.ts";
import { licensesCommand } from "./licenses.ts";
import { matrixCommand } from "./matrix.ts";
import { printMessage, printResult } from "./output.ts";
import { reportCommand } from "./report.ts";
import { runsCommand } from "./runs.ts";
import { scoreCommand } from "./score.ts";
import { settingHint } from "./setting_hint.ts";
import { slotsCommand } from "./slots.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";
import { versionCommand } from "./version.ts";
import { watchCommand } from "./watch.ts";

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
    return error instanceof Deno.errors.BrokenPipe
      ? code
      : exitCodeOf(error, args.includes("--json"));
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

/**
 * The program with all commands.
 *
 * @param failed told when a check failed, or one of ours did
 * @param width columns of its help
 */
export function createProgram(
  failed: (bug?: boolean) => void,
  width: number = helpWidth(),
): Command {
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
      scoreCommand(failed),
      extractCommand(failed),
      importCommand(),
      exportCommand(),
      verifyCommand(failed),
      dataCommand(failed),
      doctorCommand(failed),
      benchCommand(),
      slotsCommand(),
      dictionaryCommand(),
      matrixCommand(failed),
      watchCommand(),
      reportCommand(),
      compareCommand(),
      runsCommand(),
      configCommand(),
      completionCommand(),
      licensesCommand(),
      versionCommand(failed),
    ]
  ) {
    program.addCommand(command);
  }
  withExamples(program, [
    ["wsvad demo", "train, evaluate and report on built-in data"],
    [
      "wsvad train --runner rtfm data=ucf_crime_i3d data.root=/data/ucf_crime trainer.seed=1",
      "train on your features",
    ],
  ]);
  program.addHelpText("after", ({ command }) => {
    const help = command.createHelp();
    const codes = "Exit codes: 0 done, 1 a mistake in what was asked or a failed check, 2 a bug.";
    return `\n${help.boxWrap(codes, help.helpWidth ?? width)}`;
  });
  program.hook("preAction", (_, command) => refuseEmpty(command));
  const below = program.commands.flatMap(({ commands }) => commands);
  for (const command of [program, ...program.commands, ...below]) {
    fitHelp(command.exitOverride(), width)
      .showHelpAfterError("(add --help for all options and examples)")
      .configureOutput({ writeOut: printResult, writeErr: printMessage });
    for (const taken of [...command.registeredArguments, ...command.options]) suggestNearest(taken);
  }
  return program;
}

/** Has the refusal of a word that is none of the choices say which of them is near. */
function suggestNearest(taken: Argument | Option): void {
  const { argChoices, parseArg } = taken;
  if (argChoices === undefined || parseArg === undefined) return;
  taken.argParser((value: string, previous: unknown) => {
    try {
      return parseArg(value, previous as never);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const within = argChoices.filter((choice) => choice.includes(value)); // gpu is webgpu, not cpu
      const near = didYouMean(within.length === 1 ? within[0] : value, argChoices);
      throw near === "" ? error : new InvalidArgumentError(error.message.replace(/\.$/, near));
    }
  });
}

/** The argument whose words may be empty: `wsvad runs note RUN ""`. */
const FREE_WORDS = "words";

/**
 * An empty word is what a shell makes of a variable that is not set; taken as a path it would be
 * the folder in which the command runs.
 *
 * @throws {RangeError} a fault: an option or an argument is given and empty
 */
function refuseEmpty(command: Command): void {
  const isEmpty = (value: unknown) => [value].flat().includes("");
  const option = command.options.find((each) => isEmpty(command.opts()[each.attributeName()]));
  const argument = command.registeredArguments.find((each, i) =>
    each.name() !== FREE_WORDS && isEmpty(command.processedArgs[i])
  );
  const found = option?.long ?? argument?.name();
  if (found === undefined) return;
  throw fault(
    RangeError,
    `Cannot run ${command.name()}: ${found} is empty; give it a value, and look at the variables ` +
      "of the shell that the command line uses",
  );
}
