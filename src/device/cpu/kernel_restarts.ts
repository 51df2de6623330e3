/**
 * Kernels that start again: within one the addresses of its tensors are in use, so memory that is
 * not to be had at once ends it, and room is made for it before its next start.
 */

import type { HeapAllocator } from "./heap_allocator.ts";
import { Crowded, Scattered } from "./heap_shortage.ts";

/**
 * Starts a kernel until there is room for all that it takes. If memory is free in pieces only, a
 * gap is made of them; if other tensors hold it, those leave the heap.
 *
 * @param begun lets only leave what was not asked for since then
 * @throws {RangeError} (fault) no room could be made
 */
export function untilThereIsRoom<T>(allocator: HeapAllocator, begun: number, start: () => T): T {
  const { limit } = allocator.budget;
  for (let gap = 0;;) {
    try {
      allocator.beginKernel();
      return start();
    } catch (error) {
      if (error instanceof Crowded) {
        const { bytes, missing, fault } = error;
        if (!allocator.makeRoom(bytes, missing, begun)) throw fault;
        gap = 0;
      } else if (error instanceof Scattered) {
        if (gap >= limit) throw error.fault;
        // What it takes before may take the gap that was made for this: then one for both.
        gap = gap ? Math.max(2 * gap, allocator.takenInKernel + error.bytes) : error.bytes;
        allocator.makeGap(gap < limit ? gap : Infinity, begun);
      } else throw error;
    }
  }
}
