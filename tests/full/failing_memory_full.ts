import { EMBEDDED } from "../../src/config/embedded.ts";
import { failsWhole, startsAgain } from "../train/failing_memory.ts";

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: a step that finds the heap full leaves nothing behind`, () =>
    failsWhole(method, 150));

  Deno.test(`${method}: kernels that start again change no bit`, () => startsAgain(method));
}
