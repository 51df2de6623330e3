/** Output of the tool as the pages of docs show it, below a mark that names the command. */

import { wsvadEach } from "./run_wsvad.ts";

const BLOCK = /(<!-- output: wsvad ?(.*?) -->\n\n```text\n)(?:.*?\n)??(```\n)/gs;

/**
 * The page with each text below `<!-- output: wsvad train --help -->` as the tool prints it now.
 */
export async function withOutput(page: string): Promise<string> {
  const shown = Array.from(page.matchAll(BLOCK), ([, , args]) => args);
  const outcomes = await wsvadEach(shown.map((args) => args.split(" ")));
  const outputs = new Map<string, string>();
  for (const [i, { code, stdout, stderr }] of outcomes.entries()) {
    if (code !== 0) throw new Error(`wsvad ${shown[i]}: exit code ${code}\n${stderr}`);
    outputs.set(shown[i], stdout.trim());
  }
  return page.replaceAll(
    BLOCK,
    (_, open: string, args: string, close: string) => `${open}${outputs.get(args)}\n${close}`,
  );
}
