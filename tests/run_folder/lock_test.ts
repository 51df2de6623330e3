import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { dropLockOfJob, LOCK_FILE, withLock } from "../../src/run_folder/lock.ts";
import { withFolder } from "../support/temporary_folder.ts";

const module = new URL("../../src/run_folder/lock.ts", import.meta.url).href;

/** Holds the folder in another process, until it is killed. */
const HOLD = `
  import { withLock } from ${JSON.stringify(module)};
  await withLock(Deno.args[0], () => new Promise(() => {
    console.log("held");
    setInterval(() => {}, 1000);
  }));
`;

/** Takes the folder for a moment, and tells whether nobody else had it then. */
const TAKE = `
  import { withLock } from ${JSON.stringify(module)};
  try {
    await withLock(Deno.args[0], async () => {
      Deno.writeTextFileSync(Deno.args[0] + "/inside", "", { createNew: true });
      await new Promise((resolve) => setTimeout(resolve, 1500));
      Deno.removeSync(Deno.args[0] + "/inside");
    });
    console.log("taken");
  } catch (error) {
    console.log(error.message);
  }
`;

async function withScript(text: string, run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, text);
  try {
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

function start(
  script: string,
  folder: string,
  permissions = ["-A"],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  const flags = [...permissions, "--no-prompt", "--no-check", "--config", "deno.json"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, folder],
    env: { NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function firstText(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.getReader();
  const text = new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  return text;
}

Deno.test("withLock() refuses what a running process holds, and takes over when it was killed", () =>
  withFolder((folder) =>
    withScript(HOLD, async (script) => {
      const child = start(script, folder);
      assertEquals(await firstText(child), "held\n");
      const work = () => Promise.resolve("done");
      const error = await assertRejects(
        () => withLock(folder, work),
        Error,
        `process ${child.pid} `,
      );
      assert(isFault(error));
      child.kill("SIGKILL");
      await child.status;
      assert(existsSync(join(folder, LOCK_FILE)));
      assertEquals(await withLock(folder, work), "done");
      assert(!existsSync(join(folder, LOCK_FILE)));
    })
  ));

Deno.test("withLock() gives a dead process's folder to one of several that come at once", () =>
  withFolder((folder) =>
    withScript(TAKE, async (script) => {
      const gone = { ...await ownLock(folder), pid: 4194300 };
      Deno.writeTextFileSync(join(folder, LOCK_FILE), JSON.stringify(gone));
      const texts = await Promise.all(
        [1, 2, 3].map(() => firstText(start(script, folder))),
      );
      assert(texts.includes("taken\n"), texts.join());
      for (const text of texts) {
        if (text !== "taken\n") assertStringIncludes(text, "has been writing it since");
      }
    })
  ));

/** Takes the folder and gives it back, or tells why not. */
const TRY = `
  import { withLock } from ${JSON.stringify(module)};
  const taken = withLock(Deno.args[0], () => Promise.resolve("taken"));
  console.log(await taken.catch(({ message }) => message));
`;

/** What training needs, and no more. */
const FILES_ALONE = ["--allow-read", "--allow-write", "--allow-env"];

Deno.test("withLock() sees without --allow-run whether a process runs, and takes over when it was killed", () =>
  withFolder((folder) =>
    withScript(HOLD, (hold) =>
      withScript(TRY, async (attempt) => {
        const child = start(hold, folder, FILES_ALONE);
        assertEquals(await firstText(child), "held\n");
        const refused = await firstText(start(attempt, folder, FILES_ALONE));
        assertStringIncludes(refused, `process ${child.pid} has been writing it since`);
        child.kill("SIGKILL");
        await child.status;
        assertEquals(await firstText(start(attempt, folder, FILES_ALONE)), "taken\n");
        const path = join(folder, LOCK_FILE);
        const old = { ...await ownLock(folder), pid: 4194300, held: undefined };
        Deno.writeTextFileSync(path, JSON.stringify(old));
        assertStringIncludes(
          await firstText(start(attempt, folder, FILES_ALONE)),
          "without --allow-run it cannot be seen whether it still runs; give that flag, or remove",
        );
      }))
  ));

/** What this process writes into its lock. */
async function ownLock(folder: string): Promise<Record<string, unknown>> {
  return await withLock(
    folder,
    async () => JSON.parse(await Deno.readTextFile(join(folder, LOCK_FILE))),
  );
}

const OWNERS: [name: string, change: Record<string, unknown>, refusal: string | null][] = [
  ["another boot of this host", { boot: "before" }, null],
  ["a process whose number is used again", { pid: Deno.ppid, started: "1" }, null],
  ["this process's number, used again", {}, null],
  [
    "a running process of a version that held no lock of the system's",
    { pid: Deno.ppid, started: null, held: false },
    `process ${Deno.ppid} has been writing`,
  ],
  ["a running process's number, whose lock went with its owner", { pid: Deno.ppid }, null],
  ["a process whose host was not known", { host: "unknown", boot: null, pid: Deno.ppid }, null],
  ["another host", { host: "elsewhere", boot: "other" }, 'on the host "elsewhere"'],
  ["another container", { numbers: "pid:[1]" }, "of another container"],
];

for (const [name, change, refusal] of OWNERS) {
  const verb = refusal === null ? "takes over from" : "refuses what is held by";
  Deno.test({
    name: `withLock() ${verb} ${name}`,
    ignore: Deno.build.os !== "linux",
    fn: () =>
      withFolder(async (folder) => {
        const path = join(folder, LOCK_FILE);
        const text = JSON.stringify({ ...await ownLock(folder), ...change });
        Deno.writeTextFileSync(path, text);
        const work = () => Promise.resolve("done");
        if (refusal === null) return assertEquals(await withLock(folder, work), "done");
        const error = await assertRejects(() => withLock(folder, work), Error, refusal);
        assert(isFault(error));
        assertEquals(Deno.readTextFileSync(path), text);
      }),
  });
}

Deno.test("dropLockOfJob() removes the lock of a task that is over, on whatever host it was", () =>
  withFolder(async (folder) => {
    const path = join(folder, LOCK_FILE);
    const elsewhere = { ...await ownLock(folder), host: "elsewhere", boot: "other" };
    for (const [job, left] of [[null, true], ["7", true], ["8", false]] as const) {
      Deno.writeTextFileSync(path, JSON.stringify({ ...elsewhere, job }));
      dropLockOfJob(folder, new Set(["7"]));
      assertEquals(existsSync(path), left);
    }
    dropLockOfJob(folder, new Set());
  }));

Deno.test("withLock() of a task that Slurm starts again takes over from its former start on another host", () =>
  withFolder((folder) =>
    withScript(TRY, async (attempt) => {
      const elsewhere = { ...await ownLock(folder), host: "elsewhere", boot: "other", job: "7" };
      const tryAs = async (job: string) => {
        Deno.writeTextFileSync(join(folder, LOCK_FILE), JSON.stringify(elsewhere));
        return await firstText(start(attempt, folder, ["-A"], { SLURM_JOB_ID: job }));
      };
      assertEquals(await tryAs("7"), "taken\n");
      assertStringIncludes(await tryAs("8"), 'on the host "elsewhere"');
    })
  ));

for (const text of ["", "{", "null", '{"pid":"x"}']) {
  Deno.test(`withLock() takes over from a writer that was lost with its text: ${text}`, () =>
    withFolder(async (folder) => {
      Deno.writeTextFileSync(join(folder, LOCK_FILE), text);
      assertEquals(await withLock(folder, () => Promise.resolve("done")), "done");
    }));
}

Deno.test("withLock() refuses the same folder within one process", () =>
  withFolder((folder) =>
    withLock(folder, async () => {
      await assertRejects(() => withLock(folder, () => Promise.resolve()), Error, "Cannot write");
    })
  ));
