import { assertEquals, assertRejects } from "@std/assert";
import { forEachRun } from "../../src/commands/each_run.ts";
import { fault } from "../../src/fault.ts";

const runs = (count: number) => Array.from({ length: count }, (_, i) => `run${i}`);

Deno.test("forEachRun() tells the faults of several runs a line each, and of many how many more", async () => {
  const refuse = (run: string) => Promise.reject(fault(Error, `Cannot read "${run}"`));
  const two = await assertRejects(() => forEachRun(runs(2), refuse), Error);
  assertEquals(two.message.split("\n"), ['Cannot read "run0"', 'Cannot read "run1"']);
  const many = await assertRejects(() => forEachRun(runs(3000), refuse), Error);
  const lines = many.message.split("\n");
  assertEquals([lines.length, lines[19], lines[20]], [
    21,
    'Cannot read "run19"',
    "and so for 2980 more of the 3000 runs",
  ]);
});

Deno.test("forEachRun() tells how many runs are done, and goes on behind one that fails", async () => {
  const told: unknown[] = [], done: string[] = [];
  await assertRejects(() =>
    forEachRun(runs(3), (run) => {
      if (run === "run1") return Promise.reject(fault(Error, "damaged"));
      done.push(run);
      return Promise.resolve();
    }, (...about) => told.push(about))
  );
  assertEquals(done, ["run0", "run2"]);
  assertEquals(told, [["run", 0, 3], ["run", 1, 3], ["run", 2, 3]]);
});
