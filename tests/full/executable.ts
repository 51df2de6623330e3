/**
 * The executable under test: WSVAD_EXECUTABLE names one that is there, else `deno task build` makes
 * one.
 */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const build = fileURLToPath(new URL("../../tasks/build.ts", import.meta.url));
const given = Deno.env.get("WSVAD_EXECUTABLE");
const folder = given === undefined ? Deno.makeTempDirSync({ prefix: "wsvad_executable_" }) : "";
if (folder) addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Path of the executable; another user may run it too. */
export const executable = given ?? await built();

/** Whether it unpacks itself; one made by `deno compile` has no cache that could be damaged. */
export const unpacks = new TextDecoder().decode(firstBytes(executable, 2)) === "#!";

async function built(): Promise<string> {
  const out = join(folder, "wsvad");
  const { code, stderr } = await run(Deno.execPath(), [
    ...["run", "-A", "--frozen", "--no-check", build, "--out", out],
  ]);
  assertEquals(code, 0, stderr);
  Deno.chmodSync(folder, 0o755);
  return out;
}

function firstBytes(path: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  using file = Deno.openSync(path);
  file.readSync(bytes);
  return bytes;
}

/**
 * Runs a program with nothing in its environment but what is given; the working folder is `cwd`.
 */
export async function run(
  program: string,
  args: string[],
  { cwd, env }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const command = new Deno.Command(program, {
    ...{ args, cwd, stdin: "null" },
    ...(env === undefined ? {} : { env, clearEnv: true }),
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The executable where it has unpacked itself: its folder in a cache folder. */
export function unpackedIn(cache: string): string {
  const place = join(cache, "wsvad", "executable");
  const names = [...Deno.readDirSync(place)].map(({ name }) => name);
  const [name, ...others] = names.filter((name) => existsSync(join(place, name, "deno")));
  assertEquals(others, []);
  return join(place, name);
}

/** An empty folder whose path has spaces and letters beyond ASCII, for the time of `use`. */
export async function withOddFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "wsvad_" });
  const odd = join(parent, "Überwachung ''2'' 監視 $HOME");
  await Deno.mkdir(odd);
  try {
    await use(odd);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}
