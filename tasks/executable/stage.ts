/**
 * The folder that an executable carries: the tool in bundled JavaScript, with kernels, settings,
 * wasm, the workers' code and page templates inside; beside it the golden cases, a BLAS, licences
 * and what git says about the sources.
 */

import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
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

/** What came of the BLAS, and the folder of the bundle. */
export interface Staged extends Carried {
  bundled: string;
}

/**
 * Fills an empty folder.
 *
 * @throws {Error} what does not bundle; the message holds Deno's
 */
export async function stage(folder: string, { blas }: { blas: boolean }): Promise<Staged> {
  const bundled = dirname(join(folder, BUNDLE));
  const bundle = await deno(...BUNDLING, "--outdir", bundled, "main.ts");
  if (!bundle.success) throw new Error(`Cannot bundle main.ts: ${bundle.said}`);
  const { npmCache } = JSON.parse((await deno("info", "--json")).printed);
  const packages = await leaveOutMachine(bundled, npmCache);
  await cp(join(repository, GOLDEN), join(folder, GOLDEN), { recursive: true });
  const carried = blas
    ? await carryBlas(join(bundled, CARRIED_BLAS))
    : { packages: [], missing: "--no-blas" };
  const npm = join(npmCache, "registry.npmjs.org");
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
  for (const name of entriesOf(bundled)) {
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

/** Paths of a folder's files and folders, relative to it and sorted; folders end with a slash. */
export function* entriesOf(folder: string, under = ""): Generator<string> {
  const entries = [...Deno.readDirSync(join(folder, under))];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${under}${name}${isDirectory ? "/" : ""}`;
    yield path;
    if (isDirectory) yield* entriesOf(folder, path);
  }
}
