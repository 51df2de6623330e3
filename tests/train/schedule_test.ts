import { assertAlmostEquals, assertEquals } from "@std/assert";
import { learningRate } from "../../src/train/schedule.ts";

const at = (completedSteps: number, completedEpochs = 0) => ({
  completedSteps,
  completedEpochs,
  totalSteps: 100,
});

Deno.test("learningRate() stays with a constant schedule", () => {
  assertEquals(learningRate({ name: "constant" }, 0.01, at(99, 9)), 0.01);
});

Deno.test("learningRate() drops at each milestone of completed epochs", () => {
  const schedule = { name: "multi_step" as const, milestones: [4, 8], gamma: 0.1 };
  const rates = [3, 4, 7, 8].map((epochs) => learningRate(schedule, 1, at(0, epochs)));
  assertEquals(rates.map((rate) => Number(rate.toPrecision(6))), [1, 0.1, 0.1, 0.01]);
});

Deno.test("learningRate() follows half a cosine down to 0", () => {
  const rate = (steps: number) => learningRate({ name: "cosine" }, 2, at(steps));
  assertEquals(rate(0), 2);
  assertAlmostEquals(rate(50), 1, 1e-12);
  assertAlmostEquals(rate(100), 0, 1e-12);
});

Deno.test("learningRate() follows a cosine by completed epochs, whatever the step", () => {
  const schedule = { name: "cosine_epochs" as const, period: 60 };
  const rate = (epochs: number) => learningRate(schedule, 5e-4, at(77, epochs));
  assertEquals(rate(0), 5e-4);
  assertAlmostEquals(rate(30), 2.5e-4, 1e-12);
  assertAlmostEquals(rate(49), 2.5e-4 * (1 + Math.cos(Math.PI * 49 / 60)), 1e-12);
});

Deno.test("learningRate() rises from 0, then follows a cosine down to a share, and stays", () => {
  // The rates of golden case dsanet/steps.
  const schedule = {
    name: "warmup_cosine" as const,
    warmup_steps: 3,
    total_steps: 30,
    final_factor: 0.1,
  };
  const rate = (step: number) => learningRate(schedule, 1e-4, at(step, 5));
  const golden = [0, 5e-5, 1e-4, 1e-4, 9.969572609838744e-5, 9.878701917609208e-5];
  golden.forEach((expected, step) => assertAlmostEquals(rate(step), expected, 1e-15));
  for (const step of [30, 31, 900]) assertAlmostEquals(rate(step), 1e-5, 1e-15);
  // A cosine that ends where the rise ends, or before, has no steps of its own.
  for (const total_steps of [1, 3]) {
    const none = (step: number) => learningRate({ ...schedule, total_steps }, 1e-4, at(step));
    [0, 5e-5, 1e-4, 1e-5, 1e-5].forEach((expected, step) =>
      assertAlmostEquals(none(step), expected, 1e-15)
    );
  }
});
