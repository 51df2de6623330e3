import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  installBlas,
  type Installer,
  type Ran,
} from "../../../src/commands/doctor/install_blas.ts";
import { candidates, findBlas } from "../../../src/device/cpu/blas.ts";
import { carriedBlasFolder, ownBlasFolder } from "../../../src/device/cpu/own_blas.ts";
import { isFault } from "../../../src/fault.ts";

const ok: Ran = { ok: true, text: "" };

/** An installer into a folder of its own, with programs that do what `answer` says. */
function installer(
  cache: string,
  answer: (program: string, args: string[], folder: string) => Ran | null,
): Installer & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    os: "linux",
    variable: (name) => name === "XDG_CACHE_HOME" ? cache : undefined,
    run(program, args, folder) {
      ran.push(`${program} ${args.join(" ")}`);
      return Promise.resolve(answer(program, args, folder));
    },
  };
}

/** Nothing may be found before, or nothing is installed. */
const withoutBlas = { blas: undefined, advice: "No BLAS found: apt install something" };

/** apt-get and dpkg-deb as they are, with a library that is none. */
function withPackages(program: string, args: string[], folder: string): Ran {
  if (program === "apt-get" && args.at(-2) === "download") {
    Deno.writeTextFileSync(`${folder}/${args.at(-1)}_1_amd64.deb`, "");
  }
  if (program === "dpkg-deb" && args[1].startsWith("libopenblas")) {
    Deno.mkdirSync(`${folder}/unpacked/usr/lib/openblas-pthread`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/unpacked/usr/lib/openblas-pthread/real.so`, "no library");
    Deno.symlinkSync("real.so", `${folder}/unpacked/usr/lib/openblas-pthread/libopenblas.so.0`);
  }
  return ok;
}

Deno.test("ownBlasFolder() is in the user's cache, behind the system's own and before a carried one", () => {
  const home = (name: string) => name === "HOME" ? "/home/u" : undefined;
  assertEquals(ownBlasFolder(home), "/home/u/.cache/wsvad/blas");
  assertEquals(ownBlasFolder((name) => name === "XDG_CACHE_HOME" ? "/c" : "/h"), "/c/wsvad/blas");
  assertEquals(ownBlasFolder(() => undefined), undefined);
  const [own, carried] = candidates("linux", home).slice(-2);
  assertEquals(own, "/home/u/.cache/wsvad/blas/libopenblas.so.0");
  assertEquals(carried, `${carriedBlasFolder}/libopenblas.so.0`);
});

Deno.test("installBlas() leaves a machine with a BLAS alone", {
  ignore: findBlas().blas === undefined,
}, async () => {
  const own = installer("/nowhere", () => ok);
  assert((await installBlas(own)).includes("There is a BLAS already"));
  assertEquals(own.ran, []);
});

Deno.test("installBlas() without apt-get prints the one command", async () => {
  const own = installer("/nowhere", () => null);
  const said = await installBlas(own, () => withoutBlas);
  assert(said.includes("needs apt-get") && said.includes("apt install something"), said);
});

Deno.test("installBlas() takes the packages apart, keeps the libraries, and removes what cannot be opened", async () => {
  const cache = await Deno.makeTempDir();
  const own = installer(cache, withPackages);
  const kept: string[] = [];
  const find = () => {
    try {
      for (const { name } of Deno.readDirSync(`${cache}/wsvad/blas`)) kept.push(name);
    } catch {
      // not there yet
    }
    return withoutBlas;
  };
  const error = await assertRejects(() => installBlas(own, find), Error, "Cannot open the BLAS");
  assert(isFault(error));
  assertEquals(kept, ["libopenblas.so.0"]);
  assertEquals([...Deno.readDirSync(`${cache}/wsvad`)], []);
  await Deno.remove(cache, { recursive: true });
});

Deno.test("installBlas() offline says so, and leaves nothing behind", async () => {
  const cache = await Deno.makeTempDir();
  const failed: Ran = { ok: false, text: "Get:1\nE: Failed to fetch http://x  Temporary failure" };
  const own = installer(cache, (_program, args) => args[0] === "--version" ? ok : failed);
  const error = await assertRejects(
    () => installBlas(own, () => withoutBlas),
    Error,
    "Cannot download OpenBLAS: E: Failed to fetch",
  );
  assert(isFault(error));
  assert(own.ran.some((line) => line.endsWith(" update")), own.ran.join("\n")); // lists of its own
  assertEquals([...Deno.readDirSync(`${cache}/wsvad`)], []);
  await Deno.remove(cache, { recursive: true });
});
