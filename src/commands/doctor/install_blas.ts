/**
 * `wsvad doctor --install-blas`: the distribution's OpenBLAS in the user's cache folder, without
 * root.
 */

import { dirname } from "node:path";
import { type BlasSearch, environment, findBlas } from "../../device/cpu/blas.ts";
import { OWN_BLAS, OWN_NEIGHBOURS, ownBlasFolder } from "../../device/cpu/own_blas.ts";
import { fault } from "../../fault.ts";

/** OpenBLAS and what it needs, on Debian and Ubuntu; the C library is there. */
const PACKAGES = ["libopenblas0-pthread", "libgfortran5", "libquadmath0", "libgcc-s1"];
/** Only on some processors. */
const OPTIONAL = ["libquadmath0"];

/** What a program said. */
export interface Ran {
  ok: boolean;
  /** Both of its outputs. */
  text: string;
}

export interface Installer {
  /** Runs a program in a folder; null where there is no such program. */
  run(program: string, args: string[], folder: string): Promise<Ran | null>;
  variable(name: string): string | undefined;
  os: typeof Deno.build.os;
}

/**
 * Gets a BLAS for this user.
 *
 * @returns what was done, for people
 * @throws fault: no home, no way to the packages, or what came is no BLAS that can be opened
 */
export async function installBlas(
  { run, variable, os }: Installer = { run: runProgram, variable: environment, os: Deno.build.os },
  find: () => BlasSearch = findBlas,
): Promise<string> {
  const { blas: found, advice } = find();
  if (found) return `There is a BLAS already: ${found.name} at ${found.path}. Nothing was changed.`;
  if (os !== "linux" || await run("apt-get", ["--version"], "/") === null) {
    return `This needs apt-get of Debian or Ubuntu. ${advice}`;
  }
  const folder = ownBlasFolder(variable);
  if (folder === undefined) {
    throw fault(Error, "Cannot install a BLAS: no cache folder; set HOME or XDG_CACHE_HOME");
  }
  const work = `${folder}.partial-${Deno.pid}`;
  try {
    makeFolder(work);
    await download(run, work);
    const packages = [...Deno.readDirSync(work)].map(({ name }) => name)
      .filter((name) => name.endsWith(".deb"));
    for (const name of packages) {
      const unpacked = await run("dpkg-deb", ["-x", name, "unpacked"], work);
      if (!unpacked?.ok) throw cannot(`unpack ${name}`, unpacked);
    }
    makeFolder(`${work}/lib`);
    for (const name of [OWN_BLAS, ...OWN_NEIGHBOURS]) {
      const path = findFile(`${work}/unpacked`, name);
      if (path) Deno.copyFileSync(path, `${work}/lib/${name}`);
      else if (name === OWN_BLAS) throw fault(Error, `The package holds no ${name}`);
    }
    removeFolder(folder); // one that could not be opened, or findBlas would have found it
    Deno.renameSync(`${work}/lib`, folder);
  } finally {
    removeFolder(work);
  }
  const { blas } = find();
  if (blas) return `${blas.name} is at ${blas.path}, and found there from now on.`;
  removeFolder(folder);
  throw fault(
    Error,
    `Cannot open the BLAS that was downloaded to "${folder}", so it was removed; see --blas PATH for another`,
  );
}

/** All packages into a folder, by the system's lists of packages, or else by lists of our own. */
async function download(run: Installer["run"], work: string): Promise<void> {
  const get = async (options: string[]) => {
    let last: Ran | null = null;
    for (const name of PACKAGES) {
      last = await run("apt-get", [...options, "download", name], work);
      if (!last?.ok && !OPTIONAL.includes(name)) return last;
    }
    return { ok: true, text: "" };
  };
  const first = await get([]);
  if (first?.ok) return;
  // A container has no lists, and only root may fetch them to the usual place.
  for (const name of ["lists/partial", "archives/partial"]) makeFolder(`${work}/apt/${name}`);
  const options = [`Dir::State::lists=${work}/apt/lists`, `Dir::Cache=${work}/apt`]
    .flatMap((option) => ["-o", option]);
  const update = await run("apt-get", [...options, "update"], work);
  const second = update?.ok ? await get(options) : update;
  if (!second?.ok) throw cannot("download OpenBLAS", second ?? first);
}

function cannot(what: string, ran: Ran | null): Error {
  const said = ran?.text.split("\n").filter((line) => /^(E|Err|W):?/.test(line)).slice(0, 3).join(
    "; ",
  );
  return fault(
    Error,
    `Cannot ${what}: ${said || ran?.text.trim().split("\n").at(-1) || "the program is missing"}; ` +
      "is there a network? Nothing was installed",
  );
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fault(
      Error,
      `Cannot write to "${dirname(path)}": ${
        (error as Error).message
      }; set HOME or XDG_CACHE_HOME to a ` +
        "folder of yours",
    );
  }
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Path of the file of that name below a folder, links followed. */
function findFile(folder: string, name: string): string | undefined {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      const found = findFile(path, name);
      if (found) return found;
    } else if (entry.name === name && Deno.statSync(path).isFile) return path;
  }
  return undefined;
}

async function runProgram(program: string, args: string[], folder: string): Promise<Ran | null> {
  try {
    const command = new Deno.Command(program, { args, cwd: folder, env: { LC_ALL: "C" } });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { ok: success, text };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
