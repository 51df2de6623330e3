/** The words that a developer's task is called with; others end it with a line that says which. */

import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Options and other words of the command line. An option that is not known, or lacks its value,
 * ends the task with its usage.
 *
 * @param usage of `deno task`: "time:step RUNNER [VIDEOS]"
 */
export function taskWords<T extends Options = Record<never, never>>(
  usage: string,
  options: T = {} as T,
): ReturnType<typeof parseArgs<{ allowPositionals: true; options: T }>> {
  try {
    return parseArgs({ args: Deno.args, allowPositionals: true, options });
  } catch {
    return endWithUsage(usage);
  }
}

/** Says how a task is called, and ends it. */
export function endWithUsage(usage: string): never {
  console.error(`usage: deno task ${usage}`);
  Deno.exit(1);
}
