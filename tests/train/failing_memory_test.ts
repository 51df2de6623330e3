import { failsWhole, startsAgain } from "./failing_memory.ts";

// The others are in tests/full: one with statistics, one whose losses stack rows, and those of
// small tensors.
for (const method of ["mil", "bn_wvad", "prodisc", "pel4vad"]) {
  Deno.test(`${method}: a step that finds the heap full leaves nothing behind`, () =>
    failsWhole(method, 13));

  Deno.test(`${method}: kernels that start again change no bit`, () => startsAgain(method));
}
