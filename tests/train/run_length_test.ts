import { assertEquals } from "@std/assert";
import type { BatchLoader } from "../../src/data/batches.ts";
import { evaluationIsDue, lastStep, stepsPerEpoch } from "../../src/train/run_length.ts";
import { smallConfig } from "./small_training.ts";

const loaderOf = (batches: number) => ({ stepsPerEpoch: batches }) as BatchLoader;

Deno.test("lastStep() counts steps, or epochs in steps of accumulated batches", () => {
  const { trainer } = smallConfig("trainer.max_steps=9", "trainer.max_epochs=4");
  assertEquals(lastStep(trainer, loaderOf(7)), 9);
  const epochs = { ...trainer, loop: "epochs", accumulate: 3 } as const;
  assertEquals(lastStep(epochs, loaderOf(7)), 8); // two steps of an epoch, a batch is left
  assertEquals(stepsPerEpoch(loaderOf(2), 3), 1);
});

Deno.test("evaluationIsDue() from eval_start on every eval_every steps, at ends of epochs, at the end", () => {
  const { trainer } = smallConfig("trainer.eval_every=4", "trainer.eval_start=8");
  const due = (change: Partial<typeof trainer>, epochEnded = false) =>
    Array.from({ length: 13 }, (_, step) => step).filter((step) =>
      evaluationIsDue({ ...trainer, ...change }, step, { epochEnded, done: step === 11 })
    );
  assertEquals(due({}), [8, 11, 12]);
  assertEquals(due({ eval_every: null }), [11]);
  assertEquals(due({ eval_every: null }, true), [11]);
  assertEquals(due({ eval_every: null, loop: "epochs" }, true), [8, 9, 10, 11, 12]);
});
