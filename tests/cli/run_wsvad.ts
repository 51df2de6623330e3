/** Runs the tool as a user would: its own process, no terminal. */

import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `wsvad` with these arguments; `cwd` is by default that of the tests. */
export async function wsvad(args: string[], cwd?: string): Promise<Outcome> {
  return await denoRun(["run", "-A", main, ...args], cwd);
}

const commandLines = fileURLToPath(new URL("command_lines.ts", import.meta.url));

/**
 * Runs `wsvad` with each of these arguments, one after the other in one process: most of what a
 * command takes is the start of its process.
 */
export async function wsvadEach(
  lines: string[][],
  cwd?: string,
  env: Record<string, string> = {},
): Promise<Outcome[]> {
  const args = ["run", "-A", "--no-check", commandLines, JSON.stringify(lines)];
  const { code, stdout, stderr } = await denoRun(args, cwd, env);
  if (code !== 0) throw new Error(`${commandLines}: exit code ${code}\n${stderr}`);
  return JSON.parse(stdout);
}

/** Runs the Deno that runs the tests. */
export async function denoRun(
  args: string[],
  cwd?: string,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "", RUST_BACKTRACE: "0", ...env },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
