import { assert, assertEquals } from "@std/assert";
import { LapClock, stepsLine } from "../../src/train/log_line.ts";
import { Throughput } from "../../src/train/throughput.ts";

Deno.test("stepsLine() gives the means of steps at the place of the last of them", () => {
  const records = [1, 2, 6].map((value, i) => ({
    step: 4 + i,
    epoch: i < 2 ? 0 : 1,
    lr: 1 / (i + 1),
    loss: value,
    terms: { hinge: 2 * value, sparsity: -value },
  }));
  assertEquals(stepsLine(records, 0.25), {
    kind: "step",
    step: 6,
    epoch: 1,
    loss: 3,
    terms: { hinge: 6, sparsity: -3 },
    lr: 1 / 3,
    seconds: 0.25,
  });
});

Deno.test("LapClock.lap() counts from the call before", async () => {
  const clock = new LapClock();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const first = clock.lap(), second = clock.lap();
  assert(first >= 0.025 && second < first, `${first}, ${second}`);
});

Deno.test("Throughput.at() counts the videos since its first call", async () => {
  const throughput = new Throughput(8);
  assertEquals(throughput.at(40), undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const found = throughput.at(42)!;
  assert(found > 0 && found <= 16 / 0.015, `${found}`);
});
