/**
 * The OpenBLAS that an executable carries: the build machine's package of it, what it links to
 * beside the C library, and the licences of those packages.
 */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { candidates } from "../../src/device/cpu/blas.ts";
import { OWN_BLAS, OWN_NEIGHBOURS } from "../../src/device/cpu/own_blas.ts";

/** Parts of the C library, which every system has. */
const C_LIBRARY = /^(linux-vdso|ld-linux|libc|libm|libpthread|libdl|librt)[.-]/;

/** A Debian package of which files are carried. */
export interface CarriedPackage {
  name: string;
  version: string;
  /** Its copyright file, and the common licences that this names, one behind the other. */
  text: string;
}

/** What came of it: packages, or the reason why nothing is carried. */
export interface Carried {
  packages: CarriedPackage[];
  missing?: string;
}

/**
 * Copies the libraries into a new folder.
 *
 * @throws {Error} the library links to one that own_blas.ts would not load
 */
export async function carryBlas(folder: string): Promise<Carried> {
  if (Deno.build.os !== "linux") return { packages: [], missing: "only on Linux" };
  const found = candidates("linux", () => undefined)
    .find((path) => path.startsWith("/") && basename(path) === OWN_BLAS && existsSync(path));
  if (found === undefined || !existsSync("/usr/bin/dpkg-query")) {
    const missing =
      "the build machine has no Debian package of it: apt install libopenblas0-pthread";
    return { packages: [], missing };
  }
  const files = new Map([[OWN_BLAS, found], ...await neighboursOf(found)]);
  const packages = new Map<string, CarriedPackage>();
  Deno.mkdirSync(folder);
  for (const [name, path] of files) {
    const real = Deno.realPathSync(path);
    Deno.copyFileSync(real, join(folder, name));
    Deno.chmodSync(join(folder, name), 0o644);
    const owner = await ownerOf(real);
    packages.set(owner.name, owner);
  }
  return { packages: [...packages.values()] };
}

/** Name and path of each library that it links to, without those of the C library. */
async function neighboursOf(path: string): Promise<[name: string, path: string][]> {
  const lines = (await output("ldd", path)).split("\n");
  const linked = lines.flatMap((line): [string, string][] => {
    const [, name, place] = /^\s*(\S+) => (\/\S+)/.exec(line) ?? [];
    return name === undefined || C_LIBRARY.test(name) ? [] : [[name, place]];
  });
  const odd = linked.find(([name]) => !OWN_NEIGHBOURS.includes(name));
  if (odd === undefined) return linked;
  throw new Error(
    `Cannot carry ${path}: it links to ${
      odd[0]
    }, which own_blas.ts does not load; build with --no-blas`,
  );
}

/** The package that a file is of; its lists may name / for /usr, which are one folder. */
async function ownerOf(path: string): Promise<CarriedPackage> {
  const other = path.startsWith("/usr/") ? path.slice("/usr".length) : `/usr${path}`;
  const said = await output("dpkg-query", "--search", path).catch(() =>
    output("dpkg-query", "--search", other)
  );
  const name = said.split(":")[0];
  const format = "--showformat=${Version}";
  const version = await output("dpkg-query", "--show", format, said.split(": ")[0]);
  const copyright = Deno.readTextFileSync(`/usr/share/doc/${name}/copyright`);
  const named = copyright.matchAll(/\/usr\/share\/common-licenses\/([\w.+-]*[\w+])/g);
  const common = [...new Set([...named].map(([path]) => path))];
  return {
    name,
    version,
    text: [copyright, ...common.map(readText)].join(`\n${"-".repeat(78)}\n`),
  };
}

function readText(path: string): string {
  return Deno.readTextFileSync(path);
}

/** What a program of the system prints; an error where it fails. */
async function output(program: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command(program, { args, env: { LC_ALL: "C" } });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
