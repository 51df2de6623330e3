/**
 * `deno task build`: one file, dist/wsvad, that runs without Deno, npm or network. It is made by
 * `deno compile`, or, where the compile runtime cannot be downloaded, packed with the running Deno;
 * the last line says which. On Linux it carries the build machine's OpenBLAS, unless `--no-blas`.
 * `--compile` and `--pack` allow one way alone, `--out FILE` names another place.
 */

import { basename, dirname, join, resolve } from "node:path";
import { formatBytes } from "../src/device/bytes.ts";
import { tool } from "../src/tool.ts";
import { pack } from "./executable/pack.ts";
import { allPermissions } from "./executable/permissions.ts";
import { deno, repository } from "./executable/repository.ts";
import { BUNDLE, GOLDEN, stage, type Staged } from "./executable/stage.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "build [--compile|--pack] [--no-blas] [--out FILE]";
const { values: options, positionals } = taskWords(USAGE, {
  compile: { type: "boolean", default: false },
  pack: { type: "boolean", default: false },
  "no-blas": { type: "boolean", default: false },
  out: { type: "string", default: join(repository, "dist", tool.name) },
});
if (positionals.length > 0) endWithUsage(USAGE);

const out = resolve(options.out);
Deno.mkdirSync(dirname(out), { recursive: true });
// Beside its place, so that a rename puts it there.
const folder = Deno.makeTempDirSync({ dir: dirname(out), prefix: ".build_" });
try {
  const staged = join(folder, "staged"), made = join(folder, basename(out));
  Deno.mkdirSync(staged);
  const blas = await stage(staged, { blas: !options["no-blas"] });
  const missing = options.pack ? "not asked for" : await compile(staged, made, blas);
  if (missing !== null) {
    if (options.compile) throw new Error(`Cannot compile: ${missing}`);
    await pack(staged, tool.version, made);
  }
  await assertRuns(made);
  Deno.renameSync(made, out);
  const how = missing === null
    ? "made by deno compile"
    : `packed with this Deno ${Deno.version.deno}, self-extracting (deno compile: ${missing})`;
  const libraries = blas.packages.map(({ name, version }) => `${name} ${version}`).join(", ");
  console.log(libraries ? `With ${libraries}` : `Without a BLAS: ${blas.missing}`);
  console.log(`${out}, ${formatBytes(Deno.statSync(out).size)}: ${how}`);
} catch (error) {
  console.error((error as Error).message);
  Deno.exitCode = 1;
} finally {
  Deno.removeSync(folder, { recursive: true });
}

/** Null, or why the compile runtime is not to be had. */
async function compile(
  staged: string,
  made: string,
  { bundled, packages }: Staged,
): Promise<string | null> {
  const { success, said } = await deno(
    ...["compile", "--no-check", "--no-config", "--no-lock", "--no-prompt"],
    // Fixed before the command is known: what all of them may do.
    ...allPermissions,
    // The system loads a library from a file alone.
    ...(packages.length > 0 ? ["--self-extracting"] : []),
    ...["--include", join(staged, GOLDEN), "--include", bundled],
    ...["--output", made, join(staged, BUNDLE)],
  );
  if (success) return null;
  const download = /^\s*\d+: (error sending request .*|.*dl\.deno\.land.*)$/m.exec(said);
  if (download === null && !said.includes("Setting up base binary")) {
    throw new Error(`Cannot compile: ${said}`);
  }
  return `its runtime could not be had: ${download?.[1] ?? said}`;
}

/** An executable may be made without an error and still be no wsvad, so it is asked. */
async function assertRuns(made: string): Promise<void> {
  const cache = join(folder, "cache");
  const command = new Deno.Command(made, {
    ...{ args: ["--version"], stdin: "null", clearEnv: true },
    env: { XDG_CACHE_HOME: cache },
  });
  const { stdout, stderr } = await command.output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (printed !== tool.version) {
    throw new Error(`The executable should print its version, but printed "${printed}": ${said}`);
  }
}
