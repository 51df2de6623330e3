/** What each command of the executable may do: by trying, and by code that tries to do more. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";
import { commandsWithPermissions, withPermissions } from "../../tasks/executable/permissions.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { executable, type Outcome, run, unpacks, withOddFolder } from "./executable.ts";

const small = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2", "trainer.max_steps=2"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
];
const cpu = ["--device", "cpu"];

const cache = await Deno.makeTempDir({ prefix: "wsvad_cache_" });
addEventListener("unload", () => Deno.removeSync(cache, { recursive: true }));
const env = { XDG_CACHE_HOME: cache, PATH: "/usr/bin:/bin" };

const wsvad = (cwd: string, ...args: string[]): Promise<Outcome> =>
  run(executable, args, { cwd, env });

/** A plugin that tries what it may do, and tells it as the error of its loading. */
const SPY = `
const tries: Record<string, () => unknown> = {
  read: () => Deno.readDirSync("."),
  write: () => Deno.writeTextFileSync("spied.txt", ""),
  ffi: () => Deno.dlopen("libm.so.6", {}),
  run: () => new Deno.Command("sh", { args: ["-c", "true"] }).outputSync(),
  pages: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  net: () => Deno.listen({ hostname: "0.0.0.0", port: 0 }).close(),
  proc: () => Deno.readTextFileSync("/proc/self/environ"),
};
export default () => {
  const may = Object.keys(tries).filter((name) => {
    try {
      tries[name]();
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.NotCapable);
    }
  });
  throw new Error("may " + may.join(" "));
};
`;

Deno.test({
  name: "a plugin in the executable may do no more than the command that loads it",
  ignore: !unpacks,
  fn: () =>
    withOddFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "spy.ts"), SPY);
      const may = async (...args: string[]) => {
        const { code, stderr } = await wsvad(folder, ...args, "--plugin", "spy.ts");
        assertEquals(code, 1);
        return /Error: may (.*)/.exec(stderr)?.[1];
      };
      assertEquals(await may("slots"), "read");
      assertEquals(await may("config", "--runner", "mil"), "read");
      assertEquals(await may("train", "--runner", "mil", "--out", "x"), "read write ffi");
      assertEquals(await may("data", "list"), "read write ffi");
      assertEquals(await may("extract", "-b", "motion", "v", "--out", "x"), "read write ffi");
      const all = await run(executable, ["slots", "--plugin", "spy.ts"], {
        ...{ cwd: folder, env: { ...env, WSVAD_ALLOW: "all" } },
      });
      assertStringIncludes(all.stderr, "may read write ffi run pages net proc");
    }),
});

Deno.test("every command of the executable works with what it is given", () =>
  withOddFolder(async (folder) => {
    const tried = new Set<string>();
    const works = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await wsvad(folder, ...args);
      const name = args.slice(0, 2).join(" ");
      tried.add(commandsWithPermissions.includes(name) ? name : args[0]);
      // doctor finds machines on which something is to be mended
      assert(code === 0 || args[0] === "doctor" && code === 1, `${args.join(" ")}: ${stderr}`);
      assert(!/Requires|NotCapable|\n +at /.test(stderr), stderr);
      return stdout;
    };
    await Deno.writeFile(join(folder, "v.npy"), encodeNpy([5, 8], new Float32Array(40).fill(0.5)));
    await works("config", "--runner", "mil");
    await works("slots");
    await works("verify", "mil/eval_c3d_t47", ...cpu);
    await works("data", "list");
    await works("doctor", ...cpu);
    await works("train", "--runner", "mil", ...small, "--out", "run", ...cpu);
    await works("demo", ...small, "--out", "demo", ...cpu);
    await works("eval", "run", "--out", "evaluated", ...cpu);
    await works("score", "-c", "run", "v.npy", "--out", "scores", ...cpu);
    await works("export", "run", "--out", "mil.pth");
    await works("import", "--runner", "mil", "mil.pth");
    await works("dictionary", ...small, "--out", "dictionary.npy");
    const grid = ["--runners", "mil", "--seeds", "1", "--out", "grid"];
    await works("matrix", ...grid, ...small, ...cpu);
    const launched = [...grid.slice(0, -1), "launched", "--launcher", "local"];
    await works("matrix", ...launched, ...small, ...cpu);
    await works("compare", "run", "demo", "--out", "compared");
    await works("report", "run");
    await works("runs", "list", "--root", ".");
    await works("bench", "--kernels", "softmax", ...cpu);
    if (hasFfmpeg) {
      testClip(folder, "v.mkv");
      await works("extract", "-b", "motion", "v.mkv", "--out", "features", ...cpu);
    } else tried.add("extract");
    // A server that runs until it is stopped; a download needs the Hub.
    for (const name of ["watch", "data download"]) tried.add(name);
    assertEquals(commandsWithPermissions.filter((name) => !tried.has(name)), []);
  }));

Deno.test({
  name: "the executable serves pages on this machine, and works below /dev/shm",
  ignore: !unpacks,
  fn: () =>
    withOddFolder(async (folder) => {
      const child = new Deno.Command(executable, {
        ...{ args: ["watch", folder, "--port", "0"], cwd: folder, env, clearEnv: true },
        ...{ stdin: "null", stdout: "piped", stderr: "piped" },
      }).spawn();
      const said = await Promise.race([child.stdout, child.stderr].map(firstText));
      assertStringIncludes(said, "http://127.0.0.1:");
      child.kill("SIGKILL");
      await child.status;

      const memory = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "wsvad_" });
      try {
        const train = ["train", "--runner", "mil", ...small, "--out", "run", ...cpu];
        const { code, stderr } = await wsvad(memory, ...train);
        assertEquals(code, 0, stderr);
        const evaluated = await wsvad(folder, "eval", join(memory, "run"), ...cpu);
        assertEquals(evaluated.code, 0, evaluated.stderr);
        await Deno.symlink(memory, join(folder, "linked"));
        const linked = await wsvad(folder, "eval", "linked/run", ...cpu);
        assert(linked.code === 0 || /WSVAD_ALLOW=all/.test(linked.stderr), linked.stderr);
      } finally {
        await Deno.remove(memory, { recursive: true });
      }
    }),
});

/** What is written until an address stands in it, or the end. */
async function firstText(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream) {
    text += new TextDecoder().decode(piece);
    if (text.includes("http://")) return text;
  }
  return await new Promise(() => {});
}

Deno.test("docs/executable.md lists these permissions; deno run -A docs/update.ts makes the list", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/executable.md", import.meta.url));
  assertStringIncludes(page, "<!-- permissions -->");
  assertEquals(withPermissions(page), page);
});
