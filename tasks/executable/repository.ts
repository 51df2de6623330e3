/** Where the sources lie, and how Deno and git are asked about them. */

import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  success: boolean;
  printed: string;
  said: string;
}

/** Runs the Deno of this process in the repository. */
export async function deno(...args: string[]): Promise<Ran> {
  return await run(Deno.execPath(), args);
}

/** What git prints, or null where there is no git, or no clone. */
export async function git(...args: string[]): Promise<string | null> {
  try {
    const { success, printed } = await run("git", args);
    return success ? printed : null;
  } catch {
    return null; // no such program
  }
}

async function run(program: string, args: string[]): Promise<Ran> {
  const command = new Deno.Command(program, {
    ...{ args, cwd: repository, stdin: "null" },
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
  });
  const { success, stdout, stderr } = await command.output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { success, printed, said };
}
