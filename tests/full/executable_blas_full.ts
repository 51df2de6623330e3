/** The BLAS that the executable carries, on a machine that has none. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";
import { executable, type Outcome, run, unpackedIn, unpacks, withOddFolder } from "./executable.ts";
import { mayUnshare } from "./unshare.ts";

/** Libraries that the system has: an empty file is put over each. */
const NAMES = "libopenblas* libgfortran.so* libquadmath.so* libmkl_rt* libblis*";
const HIDING = `for name in ${NAMES}; do for lib in $(find /usr/lib /lib -name "$name" -type f); do
  mount --bind /dev/null "$lib"; done; done\n`;
const small = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2", "trainer.max_steps=3"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
];

/** Runs it where the system has no BLAS, or with the system's. */
async function wsvad(cwd: string, hidden: boolean, ...args: string[]): Promise<Outcome> {
  const script = `${hidden ? HIDING : ""}exec "$@"`;
  return await run("/usr/bin/unshare", ["-rm", "sh", "-ec", script, "sh", executable, ...args], {
    ...{ cwd, env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", XDG_CACHE_HOME: join(cwd, "cache") } },
  });
}

async function blas(cwd: string, hidden: boolean, ...args: string[]): Promise<string> {
  const { stdout } = await wsvad(cwd, hidden, "doctor", "--device", "cpu", "--json", ...args);
  const { sections } = JSON.parse(stdout);
  const checks = sections.flatMap(({ checks }: { checks: { name: string }[] }) => checks);
  return checks.find(({ name }: { name: string }) => name === "BLAS").found;
}

/** Whether it was built with one. */
async function carries(): Promise<boolean> {
  let there = false;
  await withOddFolder(async (folder) => {
    await run(executable, ["--version"], { env: { XDG_CACHE_HOME: folder } });
    there = unpacks && existsSync(join(unpackedIn(folder), "program/bundle/carried_blas"));
  });
  return there;
}

const ignore = !mayUnshare || !await carries();

Deno.test({
  name:
    "the executable takes --blas first, then the system's BLAS, then its own, then products in wasm",
  ignore,
  fn: () =>
    withOddFolder(async (folder) => {
      assertStringIncludes(await blas(folder, true), ", carried by this executable, at ");
      const carried = join(unpackedIn(join(folder, "cache")), "program/bundle/carried_blas");
      const named = await blas(folder, false, "--blas", join(carried, "libopenblas.so.0"));
      assertStringIncludes(named, `, named by --blas, at ${carried}`);
      assertEquals(await blas(folder, true, "--blas", "off"), "none in use");
      const system = await blas(folder, false);
      if (existsSync("/usr/lib/x86_64-linux-gnu/libopenblas.so.0")) {
        assertStringIncludes(system, ", the system's, at ");
      }
    }),
});

Deno.test({
  name: "the executable trains and scores to the same bytes by its own BLAS as by the system's",
  ignore: ignore || !existsSync("/usr/lib/x86_64-linux-gnu/libopenblas.so.0"),
  fn: () =>
    withOddFolder(async (folder) => {
      const values = new Float32Array(56).map((_, index) => index % 7);
      await Deno.writeFile(join(folder, "v.npy"), encodeNpy([7, 8], values));
      const bytes: string[] = [];
      for (const hidden of [true, false]) {
        const cpu = ["--device", "cpu"], out = hidden ? "carried" : "system";
        const train = ["train", "--runner", "mil", ...small, "--out", out, ...cpu];
        const trained = await wsvad(folder, hidden, ...train);
        assertEquals(trained.code, 0, trained.stderr);
        const score = ["score", "-c", out, "v.npy", "--out", `${out} scores`, ...cpu];
        const scored = await wsvad(folder, hidden, ...score);
        assertEquals(scored.code, 0, scored.stderr);
        bytes.push(Deno.readTextFileSync(join(folder, `${out} scores`, "v.csv")));
      }
      assert(bytes[0].length > 0);
      assertEquals(bytes[0], bytes[1]);
    }),
});
