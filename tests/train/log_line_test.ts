import { assertEquals } from "@std/assert";
import { LapClock, stepsLine } from "../../src/train/log_line.ts";
import { Throughput } from "../../src/train/throughput.ts";

Deno.test("stepsLine() gives the means of steps at the place of the last of them, terms times their weight", () => {
  const records = [1, 2, 6].map((value, i) => ({
    step: 4 + i,
    epoch: i < 2 ? 0 : 1,
    lr: 1 / (i + 1),
    loss: value,
    terms: { hinge: 2 * value, sparsity: -value },
  }));
  assertEquals(
    stepsLine(records, new Map([["sparsity", 0.5]]), { seconds: 0.25, memoryPeakBytes: 9 }),
    {
      kind: "step",
      step: 6,
      epoch: 1,
      loss: 3,
      terms: { hinge: 6, sparsity: -1.5 },
      weighted: true,
      lr: 1 / 3,
      seconds: 0.25,
      memory_peak_bytes: 9,
    },
  );
});

Deno.test("LapClock.lap() counts from the call before, in seconds to the millisecond", () => {
  let time = 5000;
  const clock = new LapClock(() => time);
  time += 1234.56;
  assertEquals(clock.lap(), 1.235);
  assertEquals(clock.lap(), 0);
  time += 30;
  assertEquals(clock.lap(), 0.03);
});

Deno.test("Throughput.at() counts the videos since its first call", () => {
  let time = 5000;
  const throughput = new Throughput(8, () => time);
  assertEquals(throughput.at(40), undefined);
  time += 2000;
  assertEquals(throughput.at(42), 8); // 2 steps of 8 videos in 2 seconds
  time += 2000;
  assertEquals(throughput.at(50), 20); // 10 steps in 4 seconds
});
