import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { runProcesses, threadsOfEach } from "../../src/launch/local_processes.ts";
import { ownCommand } from "../../src/launch/own_command.ts";
import { logTail } from "../../src/launch/task_log.ts";
import { withFolder } from "../support/temporary_folder.ts";

const unix = { ignore: Deno.build.os === "windows" };

Deno.test("threadsOfEach() divides them, and leaves each process one", () => {
  assertEquals([threadsOfEach(2, 8), threadsOfEach(3, 8), threadsOfEach(9, 8)], [4, 2, 1]);
});

Deno.test(
  "runProcesses() runs so many at once, with their share of threads, and keeps what they say",
  unix,
  () =>
    withFolder(async (folder) => {
      const tool = join(folder, "tool.sh");
      Deno.writeTextFileSync(
        tool,
        'echo "task $1, $2 $3, blas $MKL_NUM_THREADS"; echo why >&2; sleep 0.05; exit $1',
      );
      const tasks = [0, 1, 2, 3, 4].map((n) => ({
        args: [String(n)],
        log: join(folder, `${n}.log`),
      }));
      let running = 0, most = 0;
      const codes: number[] = [];
      await runProcesses(tasks, {
        ...{ parallel: 2, threads: 6, command: ["sh", tool] },
        onStart: () => void (most = Math.max(most, ++running)),
        onEnd({ args }, { code, signal }) {
          running--;
          assertEquals([String(code), signal], [args[0], null]);
          codes.push(code);
          return Promise.resolve();
        },
      });
      assertEquals([most, codes.toSorted()], [2, [0, 1, 2, 3, 4]]);
      const said = (await logTail(tasks[3].log)).toSorted();
      assertEquals(said, ["task 3, --threads 3, blas 3", "why"]);
    }),
);

Deno.test(
  "runProcesses() that is stopped asks each process once to end, and starts no more",
  unix,
  () =>
    withFolder(async (folder) => {
      const tool = join(folder, "tool.sh");
      const TRAP = 'trap "echo told; sleep 0.1; exit 1" TERM; echo at work; ' +
        "while :; do sleep 0.02; done";
      Deno.writeTextFileSync(tool, TRAP);
      const tasks = [0, 1, 2].map((n) => ({ args: [], log: join(folder, `${n}.log`) }));
      const controller = new AbortController();
      const ended: string[] = [];
      const running = runProcesses(tasks, {
        ...{ parallel: 2, threads: 2, command: ["sh", tool], stop: controller.signal },
        onStart() {},
        onEnd: ({ log }) => Promise.resolve(void ended.push(log)),
      });
      const atWork = async (task: { log: string }) => (await logTail(task.log)).includes("at work");
      while (!await atWork(tasks[0]) || !await atWork(tasks[1])) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.abort();
      await running;
      assertEquals(ended.toSorted(), [tasks[0].log, tasks[1].log]);
      for (const { log } of tasks.slice(0, 2)) {
        assertEquals(await logTail(log), ["at work", "told"]);
      }
    }),
);

Deno.test("ownCommand() starts the tool from any folder", async () => {
  const [program, ...args] = ownCommand();
  assert(args.at(-1)!.endsWith("main.ts"));
  const { stdout } = await new Deno.Command(program, { args: [...args, "--version"], cwd: "/" })
    .output();
  assert(/^\d+\.\d+\.\d+\s*$/.test(new TextDecoder().decode(stdout)));
});
