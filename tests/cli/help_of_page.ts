/** The help texts in docs/commands.md, as the tool prints them. */

import { wsvad } from "./run_wsvad.ts";

const BLOCK = /(<!-- help: (.*?) -->\n\n```text\n)(?:.*?\n)??(```\n)/gs;

/** The page with each text below a `<!-- help: wsvad train -->` mark as the tool prints it now. */
export async function withHelp(page: string): Promise<string> {
  const helps = new Map<string, string>();
  for (const [, , command] of page.matchAll(BLOCK)) {
    const [, ...args] = command.split(" ");
    helps.set(command, (await wsvad([...args, "--help"])).stdout.trim());
  }
  return page.replaceAll(
    BLOCK,
    (_, open: string, command: string, close: string) => `${open}${helps.get(command)}\n${close}`,
  );
}
