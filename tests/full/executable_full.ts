/**
 * What the executable does where there is neither Deno nor npm nor network: the work of the tool.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";
import { tool } from "../../src/tool.ts";
import { executable, type Outcome, run, unpacks, withOddFolder } from "./executable.ts";
import { mayUnshare } from "./unshare.ts";

const small = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2", "trainer.max_steps=3"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
];
const cpu = ["--device", "cpu"];

const cache = await Deno.makeTempDir({ prefix: "wsvad_cache_" });
addEventListener("unload", () => Deno.removeSync(cache, { recursive: true }));

/** Runs it in a folder, in an environment that says where to unpack and nothing else. */
async function wsvad(cwd: string, ...args: string[]): Promise<Outcome> {
  return await run(executable, args, { cwd, env: { XDG_CACHE_HOME: cache } });
}

function succeeded({ code, stdout, stderr }: Outcome): string {
  assertEquals(code, 0, stderr);
  return stdout;
}

Deno.test("the executable tells its version and explains itself", () =>
  withOddFolder(async (folder) => {
    assertEquals(succeeded(await wsvad(folder, "--version")), `${tool.version}\n`);
    const help = succeeded(await wsvad(folder, "--help"));
    for (const command of ["train", "eval", "score", "verify", "doctor", "demo"]) {
      assertStringIncludes(help, `\n  ${command} `);
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("the executable passes faults, their exit code and arguments with spaces on", () =>
  withOddFolder(async (folder) => {
    const { code, stderr } = await wsvad(folder, "eval", "no such  run");
    assertEquals(code, 1);
    assertStringIncludes(stderr, '"no such  run');
  }));

Deno.test("the executable reads HDF5 features", () =>
  withOddFolder(async (folder) => {
    const { File, ready } = await import("h5wasm/node");
    await ready;
    const file = new File(join(folder, "a.h5"), "w");
    for (const name of ["v1", "v2"]) {
      file.create_dataset({ name, data: new Float32Array(6), shape: [2, 3] });
    }
    file.close();
    succeeded(await wsvad(folder, "data", "convert", "a.h5", "--out", "npy"));
    const written = [...Deno.readDirSync(join(folder, "npy"))].map(({ name }) => name).sort();
    assertEquals(written, ["v1.npy", "v2.npy"]);
  }));

Deno.test("the executable's doctor tests every kernel of the cpu", () =>
  withOddFolder(async (folder) => {
    // A BLAS or ffmpeg may be missing, which doctor says.
    const { stdout } = await wsvad(folder, "doctor", ...cpu);
    assertMatch(stdout, /ok +self-test +\d+ checks of kernels/);
  }));

Deno.test("the executable verifies a method by the golden cases that it carries", () =>
  withOddFolder(async (folder) => {
    const one = succeeded(await wsvad(folder, "verify", "mil", ...cpu));
    assertMatch(one, /(\d+) of \1 cases passed/);
    const all = succeeded(await wsvad(folder, "verify", "ur_dmu/eval", ...cpu));
    assertMatch(all, /(\d+) of \1 cases passed/);
  }));

Deno.test("the executable trains, evaluates, reports and scores, by relative paths", () =>
  withOddFolder(async (folder) => {
    const demo = await wsvad(folder, "demo", ...small, "--out", "läufe/demo 1", ...cpu);
    assertMatch(succeeded(demo), /your own features: wsvad train --help/); // no deno task here
    const run = join(folder, "läufe", "demo 1");
    const report = await Deno.readTextFile(join(run, "report.html"));
    assertStringIncludes(report, "uPlot");
    const train = ["train", "--runner", "mil", ...small, "--out", "../a run", ...cpu];
    const inside = join(folder, "deep er");
    await Deno.mkdir(inside);
    // Several threads: their code is inside too.
    succeeded(await wsvad(inside, ...train, "--threads", "2", "--blas", "off"));
    assert(existsSync(join(folder, "a run", "last.safetensors")));
    const result = JSON.parse(succeeded(await wsvad(inside, "eval", "../a run", "--json", ...cpu)));
    assertEquals(typeof result, "object");
    const values = new Float32Array(56).map((_, index) => index % 7);
    await Deno.writeFile(join(inside, "Vidéo 1.npy"), encodeNpy([7, 8], values));
    succeeded(await wsvad(inside, "score", "-c", "../a run", "Vidéo 1.npy", ...cpu));
    const written = [...Deno.readDirSync(join(inside, "scores"))].map(({ name }) => name);
    for (const ending of ["csv", "json", "svg"]) assert(written.includes(`Vidéo 1.${ending}`));
  }));

/** Waits for a file that is newer than a time. */
async function newerFile(path: string, than: number): Promise<number> {
  for (let wait = 0; wait < 3000; wait++) {
    const time = existsSync(path) ? Deno.statSync(path).mtime!.getTime() : 0;
    if (time > than) return time;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no new "${path}" within 30 s`);
}

Deno.test({
  name:
    "a run of the executable outlives its terminal under nohup, holds its folder, and is resumed when killed",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withOddFolder(async (folder) => {
      const run = join(folder, "run"), last = join(run, "last.safetensors");
      const steps = ["trainer.max_steps=2000", "trainer.checkpoint_every=10"];
      const settings = ["train", "--runner", "mil", ...small, ...steps, "--out", run, ...cpu];
      const child = new Deno.Command("/bin/sh", {
        args: ["-c", 'trap "" HUP; exec "$0" "$@"', executable, ...settings],
        ...{ clearEnv: true, env: { XDG_CACHE_HOME: cache } },
        ...{ stdin: "null", stdout: "null", stderr: "null" },
      }).spawn();
      const before = await newerFile(last, 0);
      child.kill("SIGHUP");
      await newerFile(last, before);
      const meanwhile = await wsvad(folder, "train", "--resume", run, ...cpu);
      assertEquals(meanwhile.code, 1);
      assertStringIncludes(meanwhile.stderr, `process ${child.pid}`);
      child.kill("SIGKILL");
      assertEquals((await child.status).signal, "SIGKILL");
      succeeded(await wsvad(folder, "train", "--resume", run, ...cpu));
      assert(existsSync(join(run, "result.json")));
    }),
});

Deno.test({
  name: "the executable starts and verifies where no network interface is there",
  ignore: !mayUnshare,
  fn: () =>
    withOddFolder(async (folder) => {
      const args = ["-rn", executable, "verify", "mil/eval", ...cpu];
      const env = { XDG_CACHE_HOME: cache, PATH: "/usr/bin:/bin" };
      const { code, stderr } = await run("/usr/bin/unshare", args, { cwd: folder, env });
      assertEquals(code, 0, stderr);
    }),
});

Deno.test({
  name: "the executable runs from the system's own tools alone, in an empty home",
  ignore: !unpacks,
  fn: () =>
    withOddFolder(async (folder) => {
      const tools = join(folder, "tools"), home = join(folder, "home");
      await Deno.mkdir(tools);
      const needed = "cat cut find gzip id mkdir mktemp mv rm chmod sha256sum stat tail tar";
      for (const name of needed.split(" ")) {
        const path = ["/usr/bin", "/bin"].map((bin) => `${bin}/${name}`).find(existsSync);
        await Deno.symlink(path!, join(tools, name));
      }
      await Deno.writeTextFile(
        join(tools, "getent"),
        `#!/bin/sh\necho 'me:x:1:1::${home.replaceAll("'", "'\\''")}:/bin/sh'\n`,
        { mode: 0o755 },
      );
      const { code, stdout, stderr } = await run(executable, ["--version"], {
        ...{ cwd: folder, env: { PATH: tools } },
      });
      assertEquals([code, stdout], [0, `${tool.version}\n`], stderr);
      assert(existsSync(join(home, ".cache", "wsvad", "executable")));
    }),
});
