/** How help looks: as wide as the terminal, and readable where that is narrow. */

import { type Command, Help } from "commander";
import { styled } from "./output.ts";

const WIDEST = 100;
/** Columns for help: of the terminal, else as COLUMNS says, else 100. */
export function helpWidth(): number {
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 0;
  const width = columns === 0 ? columnsAsked() : columns; // some terminals do not tell
  return width > 0 ? Math.min(WIDEST, width) : WIDEST;
}

function columnsAsked(): number {
  try {
    return Number(Deno.env.get("COLUMNS")) || 0;
  } catch {
    return 0; // no permission to look
  }
}

/** Has a command's help fit a width. */
export function fitHelp(command: Command, width: number): Command {
  return command.configureHelp({
    helpWidth: width,
    styleTitle: (title) => styled("bold", title, "stdout"),
    formatItem(term, termWidth, description, help) {
      const beside = width - termWidth - 4;
      if (beside >= help.minWidthToWrap || description === "") {
        return Help.prototype.formatItem.call(this, term, termWidth, description, help);
      }
      const below = help.boxWrap(description, width - 6);
      return `  ${term}\n${below.replace(/^/gm, "      ")}`;
    },
  });
}

/** Examples below the help: what to type and what it does. */
export function withExamples(command: Command, examples: [line: string, what: string][]): Command {
  return command.addHelpText("after", ({ command }) => {
    const help = command.createHelp(), width = help.helpWidth ?? WIDEST;
    const text = examples.map(([line, what]) => {
      const below = help.boxWrap(what, width - 6).replace(/^/gm, "      ");
      return `${folded(line, width - 2).replace(/^/gm, "  ")}\n${below}`;
    });
    return `\nExamples:\n${text.join("\n")}`;
  });
}

/** A command line over as many lines as it needs; a shell reads them as one. */
function folded(line: string, width: number): string {
  const lines: string[] = [];
  for (const word of line.split(" ")) {
    const last = lines.at(-1);
    // What goes on needs room for its backslash.
    if (last === undefined || `${last} ${word}`.length > width - 2) {
      lines.push(last === undefined ? word : `    ${word}`);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return line.length <= width ? line : lines.join(" \\\n");
}
