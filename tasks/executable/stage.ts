/**
 * The folder that an executable carries: the tool in bundled JavaScript, with kernels, settings,
 * wasm, the workers' code and page templates inside, and the golden cases beside it.
 */

import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Two folders deep like src/verify/built_in_cases.ts, which looks for the cases from where it lies.
 */
export const BUNDLE = "program/bundle/main.js";
export const GOLDEN = "tests/golden";

/**
 * In parts, of which a start loads what its command needs: a single file is read whole, 0.3 s each
 * time.
 */
const BUNDLING = ["bundle", "--frozen", "--code-splitting"];

/**
 * Fills an empty folder.
 *
 * @throws {Error} what does not bundle; the message holds Deno's
 */
export async function stage(folder: string): Promise<void> {
  const bundled = dirname(join(folder, BUNDLE));
  const bundle = await deno(...BUNDLING, "--outdir", bundled, "main.ts");
  if (!bundle.success) throw new Error(`Cannot bundle main.ts: ${bundle.said}`);
  await leaveOutMachine(bundled);
  await cp(join(repository, GOLDEN), join(folder, GOLDEN), { recursive: true });
}

/**
 * Comments and names of modules in a bundle tell where this machine keeps packages; "npm" takes
 * that place.
 */
async function leaveOutMachine(bundled: string): Promise<void> {
  const { npmCache } = JSON.parse((await deno("info", "--json")).printed);
  const inside = npmCache.replaceAll("\\", "/").replace(/^\/|^\w:\//, "");
  const escaped = inside.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const place = new RegExp(`(?:\\.\\./)+${escaped}/[^/]+/`, "g");
  for (const name of entriesOf(bundled)) {
    const path = join(bundled, name);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(place, "npm/"));
  }
}

interface Ran {
  success: boolean;
  printed: string;
  said: string;
}

/** Runs the Deno of this process in the repository. */
export async function deno(...args: string[]): Promise<Ran> {
  const command = new Deno.Command(Deno.execPath(), {
    ...{ args, cwd: repository, stdin: "null" },
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
  });
  const { success, stdout, stderr } = await command.output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { success, printed, said };
}

/** Paths of a folder's files and folders, relative to it and sorted; folders end with a slash. */
export function* entriesOf(folder: string, under = ""): Generator<string> {
  const entries = [...Deno.readDirSync(join(folder, under))];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${under}${name}${isDirectory ? "/" : ""}`;
    yield path;
    if (isDirectory) yield* entriesOf(folder, path);
  }
}
