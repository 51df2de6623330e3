/**
 * Training on a heap with hardly a byte to spare, and on one that holds a part of a step alone.
 * Tensors of all sizes come and go in a step; whatever the budget allows must be had from what is
 * free, in one piece or not, and neither moving tensors nor letting them wait beside the heap may
 * change a bit.
 */

import { assert, assertEquals } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { trainOnHeap } from "../support/small_heap.ts";

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: 50 steps in a heap of which a step needs 90 %, and 5 in just what one needs`, async () => {
    const roomy = await trainOnHeap(method, 3);
    const { peak } = roomy.backend.budget;
    const tight = await trainOnHeap(method, 50, new HeapBudget(Math.ceil(peak / 0.9)));
    assertEquals(tight.losses.slice(0, 3), roomy.losses);
    assert(tight.losses.every(Number.isFinite));
    const exact = await trainOnHeap(method, 5, new HeapBudget(peak));
    assertEquals(exact.losses, tight.losses.slice(0, 5));
    assert(exact.backend.allocator.copied > 0, "nothing had to be moved");
  });
}

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${method}: 5 steps in a part of the memory that one needs, the rest beside the heap`, async () => {
    const { losses, largest, backend: { budget: { peak } } } = await trainOnHeap(method, 5);
    // Half of it, but a table of words that takes more than that has to lie somewhere whole.
    const part = Math.ceil((largest > peak / 2 ? largest + peak : peak) / 2);
    const small = await trainOnHeap(method, 5, new HeapBudget(part, () => Infinity));
    assertEquals(small.losses, losses);
    assert(small.backend.budget.peak > part, "nothing had to leave the heap");
  });
}
