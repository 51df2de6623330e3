/** The commands that README.md and the pages of docs show, so that a test can run them. */

export interface ShownCommand {
  /** 1-based line of the page. */
  line: number;
  command: string;
}

const opening = /^ {0,3}```(?:sh|bash|shell|console)\s*$/;
const closing = /^ {0,3}```\s*$/;
const notRun = /^<!-- not run: \S.* -->$/;
const runsTask = /^(?:[A-Z_]+=\S* )*(?:deno|npx -y deno@[\d.]+) task /;
/** These have tests of their own: the first two would run themselves, the others take long. */
const elsewhere = /^(?:deno|npx -y deno@[\d.]+) task (?:test|test:long|demo|build)(?: |$)/;

/**
 * Commands in fenced shell blocks that begin with `deno task` or `npx -y deno@... task`, joined
 * over lines that end with a backslash. A block below `<!-- not run: reason -->` is left out.
 *
 * @throws {SyntaxError} a block that is never closed
 */
export function shownCommands(page: string): ShownCommand[] {
  const lines = page.split(/\r?\n/);
  const commands: ShownCommand[] = [];
  let lastText = "";
  for (let i = 0; i < lines.length; i++) {
    if (opening.test(lines[i])) {
      const skipped = notRun.test(lastText);
      const start = i + 1;
      while (!closing.test(lines[++i] ?? "```")) {
        const line = i + 1;
        let command = lines[i].trim().replace(/^\$ /, "");
        while (command.endsWith("\\") && i + 1 < lines.length) {
          command = `${command.slice(0, -1).trimEnd()} ${lines[++i].trim()}`;
        }
        if (!skipped && runsTask.test(command) && !elsewhere.test(command)) {
          commands.push({ line, command });
        }
      }
      if (i >= lines.length) throw new SyntaxError(`the block of line ${start} is never closed`);
    }
    if (lines[i].trim() !== "") lastText = lines[i].trim();
  }
  return commands;
}

/** The command with the running Deno in place of the one that npx would fetch. */
export function withoutNpx(command: string): string {
  return command.replace(/npx -y deno@[\d.]+ task /, "deno task ");
}
