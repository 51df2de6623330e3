/** `wsvad completion`. */

import { Argument, Command } from "commander";
import { printResult } from "./output.ts";
import { withExamples } from "./help.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** What can follow a command. */
interface Completed {
  name: string;
  summary: string;
  options: { flag: string; summary: string; takes: boolean; choices: string[] }[];
  /** Words that are no options and no files: shells, kinds, group=name. */
  words: string[];
}

export function completionCommand(): Command {
  const command = new Command("completion")
    .summary("print a script that completes commands and options in a shell")
    .description(
      "Prints a script for a shell, which then completes commands, options, methods and data sets " +
        "at the tab key. It starts nothing; print it anew after an update.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS));
  withExamples(command, [
    ["wsvad completion bash > ~/.local/share/bash-completion/completions/wsvad", "bash"],
    ["wsvad completion zsh > ~/.zfunc/_wsvad", "zsh, with fpath+=~/.zfunc before compinit"],
    ["wsvad completion fish > ~/.config/fish/completions/wsvad.fish", "fish"],
  ]);
  return command.action(async (shell: Shell, _, self: Command) => {
    const commands = await completedOf(self.parent!);
    printResult({ bash, zsh, fish }[shell](commands), true);
  });
}

async function completedOf(program: Command): Promise<Completed[]> {
  const { GROUPS, listGroup } = await import("../config/groups.ts");
  const choices = Object.fromEntries(
    GROUPS.map((group) => [group, listGroup(group, []).map(({ name }) => name)]),
  );
  const settings = GROUPS.flatMap((group) => choices[group].map((name) => `${group}=${name}`));
  const named = (command: Command): Completed => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.map(({ long, description, required, optional, argChoices }) => ({
      flag: long!,
      summary: description,
      takes: required || optional,
      choices: long === "--runner" ? choices.runner : argChoices ?? [],
    })),
    words: command.registeredArguments.flatMap((argument) => [
      ...argument.argChoices ?? [],
      ...(argument.name() === "settings" ? settings : []),
    ]),
  });
  return [named(program), ...program.commands.map(named)];
}

/** A bash script. Words that take a value complete to its choices, or else to files. */
function bash([program, ...commands]: Completed[]): string {
  const words = ({ options, words }: Completed) =>
    [...options.map(({ flag }) => flag), ...words].join(" ");
  const chosen = new Map(
    commands.flatMap(({ options }) => options).filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => [flag, choices]),
  );
  const files = new Set(
    commands.flatMap(({ options }) => options)
      .filter(({ takes, choices }) => takes && choices.length === 0).map(({ flag }) => flag),
  );
  return `# bash completion of ${program.name}
_${program.name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  # data=NAME is one word to us and three to bash.
  local line=\${COMP_LINE:0:COMP_POINT}
  line=\${line##* }
  case $before in
${[...chosen].map(([flag, choices]) => `    ${flag}) words="${choices.join(" ")}" ;;`).join("\n")}
    ${[...files].join("|")}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    *) case \${COMP_WORDS[1]} in
${commands.map((command) => `      ${command.name}) words="${words(command)}" ;;`).join("\n")}
      *) words="${commands.map(({ name }) => name).join(" ")} ${words(program)}" ;;
    esac ;;
  esac
  [ "$COMP_CWORD" -gt 1 ] || words="${commands.map(({ name }) => name).join(" ")} ${words(program)}"
  COMPREPLY=($(compgen -W "$words" -- "$line"))
  if [[ $line == *=* && $COMP_WORDBREAKS == *=* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${line%"\${line##*=}"}"}")
  fi
}
complete -o default -F _${program.name} ${program.name}
`;
}

function zsh([program, ...commands]: Completed[]): string {
  const quoted = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&");
  const option = ({ flag, summary, takes, choices }: Completed["options"][number]) => {
    const value = !takes
      ? ""
      : choices.length > 0
      ? `:value:(${choices.join(" ")})`
      : ":value:_files";
    return `'*${flag}[${quoted(summary)}]${value}'`;
  };
  const entry = ({ name, options, words }: Completed) => {
    const rest = words.length > 0
      ? `'*:argument:{compadd -- ${words.join(" ")}; _files}'`
      : "'*:file:_files'";
    return `    ${name}) _arguments ${[...options.map(option), rest].join(" ")} ;;`;
  };
  return `#compdef ${program.name}
_${program.name}() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${commands.map(entry).join("\n")}
  esac
}
if [ "$funcstack[1]" = _${program.name} ]; then _${program.name} "$@"; else compdef _${program.name} ${program.name}; fi
`;
}

function fish([program, ...commands]: Completed[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const lines = commands.flatMap(({ name, summary, options, words }) => {
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c ${program.name} -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...options.map(({ flag, summary, takes, choices }) => {
        const value = !takes
          ? ""
          : choices.length > 0
          ? ` -x -a ${quoted(choices.join(" "))}`
          : " -r";
        return `complete -c ${program.name} ${within} -l ${flag.slice(2)}${value} -d ${
          quoted(summary)
        }`;
      }),
      ...(words.length > 0
        ? [`complete -c ${program.name} ${within} -a ${quoted(words.join(" "))}`]
        : []),
    ];
  });
  return `# fish completion of ${program.name}\n${lines.join("\n")}\n`;
}
