import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SlurmArrays } from "../../src/launch/slurm_arrays.ts";
import { slurmScript } from "../../src/launch/slurm_script.ts";
import { FakeSlurm } from "./fake_slurm.ts";
import { withFolder } from "../support/temporary_folder.ts";

const OPTIONS = { grace: 60, sbatch: [] };
const JOB = { about: "work", cwd: "/", log: "/dev/null", command: "true" };
const unix = { ignore: Deno.build.os === "windows" };

Deno.test("slurmScript() asks Slurm for what was given, and for nothing else", () => {
  const job = { ...JOB, name: "wsvad-1", tasks: ["a", "b"], outputs: "/x/slurm" };
  const lines = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("#SBATCH")).map((line) => line.slice(8));
  assertEquals(lines(slurmScript(job, OPTIONS)), [
    "--job-name=wsvad-1",
    "--array=0-1",
    "--output=/x/slurm/%x-%a.out",
    "--open-mode=append",
    "--chdir=/",
    "--requeue",
    "--signal=B:USR1@60",
  ]);
  const all = lines(slurmScript({ ...job, cwd: "/my work" }, {
    ...{ partition: "gpu", gres: "gpu:1", time: "4:00:00", maxParallel: 3, grace: 5 },
    sbatch: ["--mem=16G", "--comment=two words"],
  }));
  assertEquals(all[1], "--array=0-1%3");
  assertEquals(all[4], '--chdir="/my work"');
  assertEquals(all.slice(6), [
    "--signal=B:USR1@5",
    "--partition=gpu",
    "--gres=gpu:1",
    "--time=4:00:00",
    "--mem=16G",
    '--comment="two words"',
  ]);
});

Deno.test(
  "SlurmArrays knows its own tasks in the queue by the names of its scripts",
  unix,
  () =>
    withFolder(async (folder) => {
      const slurm = new FakeSlurm(folder);
      const home = join(folder, "grid");
      Deno.mkdirSync(home);
      const arrays = new SlurmArrays(home, { bin: slurm.bin });
      assertEquals(await arrays.queued(), new Map());
      const tasks = Array.from({ length: 1001 }, (_, i) => `cells/c${i}`);
      const submitted = await arrays.submit(tasks, JOB, OPTIONS);
      assertEquals(submitted.map(({ job, tasks }) => [job, tasks]), [["1", 1000], ["2", 1]]);
      assertEquals(slurm.asked("submitted"), [1, 2].map((n) => `--parsable ${home}/slurm/${n}.sh`));
      const [, name] = /--job-name=(\S+)/.exec(Deno.readTextFileSync(submitted[1].script))!;
      slurm.queue(
        [name, 0, "71", "RUNNING"],
        [name.replace(/2$/, "1"), 999, "4", "PENDING"],
        ["somebody-else", 0, "5", "RUNNING"],
        ["wsvad-00000000-1", 0, "6", "RUNNING"],
      );
      const queued = new Map([["cells/c1000", "71"], ["cells/c999", "4"]]);
      assertEquals(await arrays.queued(), queued);
      // Another folder's tasks are not this one's.
      assertEquals(await new SlurmArrays(folder, { bin: slurm.bin }).queued(), new Map());
    }),
);

Deno.test(
  "SlurmArrays says what Slurm says, and leaves no script that was refused",
  unix,
  () =>
    withFolder(async (folder) => {
      const slurm = new FakeSlurm(folder);
      slurm.answer("sbatch", 'echo "error: invalid partition specified: no" >&2; exit 1');
      const arrays = new SlurmArrays(folder, { bin: slurm.bin });
      await assertRejects(() => arrays.submit(["a"], JOB, OPTIONS), Error, "invalid partition");
      assertEquals(existsSync(join(folder, "slurm/1.sh")), false);
      const none = new SlurmArrays(folder, { bin: join(folder, "nothing") });
      await assertRejects(() => none.queued(), Error, "there is no squeue here");
    }),
);

/** Runs the script's first task as Slurm does, with a tool that checkpoints in answer to USR2. */
async function runTask(
  folder: string,
  { tool, signal, state, said = "" }: {
    tool: string;
    signal?: Deno.Signal;
    /** As scontrol shows it. */
    state?: string;
    /** The last words of Slurm itself. */
    said?: string;
  },
): Promise<{ log: string; controlled: string[]; code: number }> {
  const slurm = new FakeSlurm(folder);
  if (state !== undefined) Deno.writeTextFileSync(join(folder, "state"), `JobId=17 ${state} X`);
  Deno.writeTextFileSync(join(folder, "j-0.out"), `slurmstepd: *** JOB 17 CANCELLED ${said}***\n`);
  const script = join(folder, "job.sh"), log = join(folder, "log");
  const program = join(folder, "tool.sh");
  Deno.writeTextFileSync(program, tool);
  const job = { ...JOB, log, command: `sh ${program} "$task"` };
  const text = slurmScript({ ...job, name: "j", tasks: ["first"], outputs: folder }, OPTIONS);
  Deno.writeTextFileSync(script, text);
  const child = new Deno.Command("bash", {
    args: [script],
    env: {
      PATH: `${slurm.bin}:${Deno.env.get("PATH")}`,
      ...{ SLURM_ARRAY_TASK_ID: "0", SLURM_JOB_ID: "17" },
    },
  }).spawn();
  if (signal !== undefined) {
    const read = () => existsSync(log) ? Deno.readTextFileSync(log) : "";
    while (!read().includes("at work")) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
  }
  const { code } = await child.status;
  return { log: Deno.readTextFileSync(log), controlled: slurm.asked("controlled"), code };
}

const PATIENT = 'trap "echo checkpoint of $1; exit 1" USR2; echo at work; ' +
  "while :; do sleep 0.02; done";
const GONE = "JobState=COMPLETING Reason=None";
const REQUEUED = ["show job --oneliner 17", "requeue 17"];

for (
  const [when, signal, state, said] of [
    ["is near its time limit", "SIGUSR1", "JobState=RUNNING", ""],
    ["is at its time limit", "SIGTERM", "JobState=COMPLETING Reason=TimeLimit", ""],
    ["has a grace time", "SIGTERM", "JobState=RUNNING Reason=None", ""],
    ["is preempted", "SIGTERM", "JobState=COMPLETING Reason=None", "DUE TO PREEMPTION "],
  ] as const
) {
  Deno.test(
    `a task that ${when} writes its checkpoint and queues itself again`,
    unix,
    () =>
      withFolder(async (folder) => {
        const { log, controlled } = await runTask(folder, { tool: PATIENT, signal, state, said });
        assertStringIncludes(log, "task first of job 17 on ");
        assertStringIncludes(log, "checkpoint of first\n");
        assertEquals(controlled, REQUEUED);
      }),
  );
}

Deno.test(
  "a task that was cancelled, is done or fails by itself is not queued again",
  unix,
  () =>
    withFolder(async (folder) => {
      const run = (name: string, more: Parameters<typeof runTask>[1]) => {
        Deno.mkdirSync(join(folder, name));
        return runTask(join(folder, name), more);
      };
      const cancelled = await run("a", { tool: PATIENT, signal: "SIGTERM", state: GONE });
      assertEquals(cancelled.controlled, [REQUEUED[0]]);
      assert(cancelled.log.includes("checkpoint of first"));
      const done = PATIENT.replace("exit 1", "exit 0");
      assertEquals((await run("b", { tool: done, signal: "SIGUSR1" })).controlled, []);
      const failed = await run("c", { tool: "echo no memory; exit 137" });
      assertEquals([failed.controlled, failed.code], [[], 137]);
    }),
);
