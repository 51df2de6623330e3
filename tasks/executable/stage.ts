/**
 * The folder that an executable carries: the tool in bundled JavaScript, with kernels, settings,
 * wasm, the workers' code and page templates inside; beside it the golden cases, a BLAS, licences
 * and what git says about the sources.
 */

import { cp } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { LICENSES } from "../../src/commands/licenses.ts";
import { CARRIED_BLAS } from "../../src/device/cpu/own_blas.ts";
import { BUILD, type Build } from "../../src/tool.ts";
import { type Carried, carryBlas } from "./carried_blas.ts";
import { licensedParts } from "./licenses.ts";
import { deno, git, repository } from "./repository.ts";

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
 * The HDF5 library lies beside the bundle in its own files: src/io/features/h5_library.ts starts it
 * again by one of them, which a bundle would take in.
 */
const BESIDE = { name: "h5wasm/node", main: "hdf5_hl.js", folder: "h5wasm" };

/** What came of the BLAS, and the folder of the bundle. */
export interface Staged extends Carried {
  bundled: string;
}

/**
 * Fills an empty folder.
 *
 * @param options.beside programs that are bundled with the tool, by their paths in the repository
 * @throws {Error} what does not bundle; the message holds Deno's
 */
export async function stage(
  folder: string,
  { blas, beside = [] }: { blas: boolean; beside?: string[] },
): Promise<Staged> {
  const bundled = dirname(join(folder, BUNDLE));
  const bundle = await deno(
    ...BUNDLING,
    ...["--external", BESIDE.name, "--outdir", bundled, "main.ts", ...beside],
  );
  if (!bundle.success) throw new Error(`Cannot bundle main.ts: ${bundle.said}`);
  const { npmCache } = JSON.parse((await deno("info", "--json")).printed);
  const npm = join(npmCache, "registry.npmjs.org");
  const packages = await leaveOutMachine(bundled, npmCache);
  packages.push(await putBeside(bundled, npm));
  await cp(join(repository, GOLDEN), join(folder, GOLDEN), { recursive: true });
  const carried = blas
    ? await carryBlas(join(bundled, CARRIED_BLAS))
    : { packages: [], missing: "--no-blas" };
  writeJson(join(bundled, LICENSES), licensedParts(packages, npm, carried.packages));
  writeJson(join(bundled, BUILD), await buildOf());
  return { ...carried, bundled };
}

/**
 * Comments and names of modules in a bundle tell where this machine keeps packages; "npm" takes
 * that place.
 *
 * @returns `NAME/VERSION` of those packages
 */
async function leaveOutMachine(bundled: string, npmCache: string): Promise<string[]> {
  const inside = npmCache.replaceAll("\\", "/").replace(/^\/|^\w:\//, "");
  const escaped = inside.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const place = new RegExp(`(?:\\.\\./)+${escaped}/[^/]+/((?:@[^/]+/)?[^/]+/[^/]+)/`, "g");
  const packages = new Set<string>();
  for (const name of filesOf(bundled)) {
    const path = join(bundled, name);
    const text = await Deno.readTextFile(path);
    const replaced = text.replace(place, (_, name) => {
      packages.add(name);
      return `npm/${name}/`;
    });
    await Deno.writeTextFile(path, replaced);
  }
  return [...packages];
}

/**
 * Copies the library of {@link BESIDE} to the bundle, and has the bundle's files name it there.
 *
 * @param npm the folder of the packages
 * @returns `NAME/VERSION` of its package
 */
async function putBeside(bundled: string, npm: string): Promise<string> {
  const { name, main, folder } = BESIDE;
  for (const file of filesOf(bundled)) {
    const path = join(bundled, file), text = await Deno.readTextFile(path);
    const there = text.replaceAll(`("${name}")`, `("./${folder}/${main}")`);
    if (there !== text) await Deno.writeTextFile(path, there);
  }
  await import(name); // has it fetched
  const library = dirname(fileURLToPath(import.meta.resolve(name)));
  await Deno.mkdir(join(bundled, folder));
  for (const file of entriesOf(library)) {
    const text = await Deno.readTextFile(join(library, file));
    // Outside of a package the runtime's own modules go by their full names.
    const alone = text.replaceAll('import("module")', 'import("node:module")');
    await Deno.writeTextFile(join(bundled, folder, file), alone);
  }
  return relative(npm, library).split(sep).slice(0, 2).join("/");
}

async function buildOf(): Promise<Build> {
  const commit = await git("rev-parse", "HEAD");
  return {
    commit,
    changed: commit !== null && await git("status", "--porcelain") !== "",
    platform: `${Deno.build.os}-${Deno.build.arch}`,
  };
}

function writeJson(path: string, value: unknown): void {
  Deno.writeTextFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}

function filesOf(folder: string): string[] {
  return [...entriesOf(folder)].filter((path) => !path.endsWith("/"));
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
