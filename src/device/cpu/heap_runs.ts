/**
 * Where on the heap a large gap costs the least: by moving what lies between some gaps, or by
 * letting neighbours leave. Near the end of the heap little is free, so a gap of all gaps would
 * move all of it.
 */

import type { Block, Run } from "./heap_blocks.ts";

/**
 * From gap to gap, with `bytes` free and as little as there may be taken between.
 *
 * @param from the block of the lowest address
 * @returns null: nowhere is so much free without something that has to stay between
 */
export function cheapestToGather<Owner>(
  from: Block<Owner> | null,
  bytes: number,
): Run<Owner> & { taken: number } | null {
  let best: Run<Owner> & { taken: number } | null = null;
  let first = from, free = 0, taken = 0;
  for (let last = from; last; last = last.after) {
    if (!last.free) {
      taken += last.bytes;
      if (last.owner === null) [first, free, taken] = [last.after, 0, 0];
      continue;
    }
    free += last.bytes;
    while (first !== last && (!first!.free || free - first!.bytes >= bytes)) {
      if (first!.free) free -= first!.bytes;
      else taken -= first!.bytes;
      first = first!.after;
    }
    if (free >= bytes && (!best || taken < best.taken)) best = { first: first!, last, taken };
  }
  return best;
}

/**
 * Neighbours of `bytes` in all, taken or free, whose taken blocks cost the least together.
 *
 * @param from the block of the lowest address
 * @param cost of a taken block, Infinity where it must stay
 * @returns the taken ones; null: there are none such
 */
export function cheapestToClear<Owner>(
  from: Block<Owner> | null,
  bytes: number,
  cost: (block: Block<Owner>) => number,
): Block<Owner>[] | null {
  const costs = new Map<Block<Owner>, number>();
  let best: Run<Owner> & { sum: number } | null = null;
  let first = from, length = 0, sum = 0;
  for (let last = from; last; last = last.after) {
    const own = last.free ? 0 : cost(last);
    if (own === Infinity) {
      [first, length, sum] = [last.after, 0, 0];
      continue;
    }
    costs.set(last, own);
    [length, sum] = [length + last.bytes, sum + own];
    while (length - first!.bytes >= bytes) {
      [length, sum] = [length - first!.bytes, sum - costs.get(first!)!];
      first = first!.after;
    }
    if (length >= bytes && (!best || sum < best.sum)) best = { first: first!, last, sum };
  }
  if (!best) return null;
  const taken: Block<Owner>[] = [];
  for (let block: Block<Owner> | null = best.first; block; block = block.after) {
    if (!block.free) taken.push(block);
    if (block === best.last) break;
  }
  return taken;
}
