/** Output of the tool as the pages of docs show it, below a mark that names the command. */

import { wsvad } from "./run_wsvad.ts";

const BLOCK = /(<!-- output: wsvad ?(.*?) -->\n\n```text\n)(?:.*?\n)??(```\n)/gs;

/**
 * The page with each text below `<!-- output: wsvad train --help -->` as the tool prints it now.
 */
export async function withOutput(page: string): Promise<string> {
  const outputs = new Map<string, string>();
  for (const [, , args] of page.matchAll(BLOCK)) {
    const { code, stdout, stderr } = await wsvad(args.split(" "));
    if (code !== 0) throw new Error(`wsvad ${args}: exit code ${code}\n${stderr}`);
    outputs.set(args, stdout.trim());
  }
  return page.replaceAll(
    BLOCK,
    (_, open: string, args: string, close: string) => `${open}${outputs.get(args)}\n${close}`,
  );
}
