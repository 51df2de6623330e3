/** Files that a page of docs shows whole, below `<!-- file: NAME -->`. */

import { dirname, join } from "node:path";

/** Name and text of each. */
function filesOfPage(page: string): Map<string, string> {
  const blocks = page.matchAll(/<!-- file: (\S+) -->\n\n```\w+\n(.*?)```\n/gs);
  return new Map([...blocks].map(([, name, text]) => [name, text]));
}

/** Writes the files of a page of docs into a folder. */
export async function writeFilesOfPage(name: string, folder: string): Promise<Map<string, string>> {
  const path = new URL(`../../docs/${name}`, import.meta.url);
  const files = filesOfPage(await Deno.readTextFile(path));
  for (const [name, text] of files) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
  return files;
}
