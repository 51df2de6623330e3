/** Work on many items, such as the heads of attention, each done whole by one thread. */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { Gemm } from "./gemm.ts";
import { MOST_CHUNKS, STEPS, type ThreadPool } from "./thread_pool.ts";
import { type ThreadWork, WorkNow, WrittenWork } from "./written_steps.ts";

/** The cpu backend: threads, products, passes, scratch memory. */
export interface ItemHeap {
  readonly heap: WebAssembly.Memory;
  readonly pool: ThreadPool;
  readonly gemm: Gemm;
  readonly passes: Passes;
  withScratch<T>(bytes: number, body: (address: number) => T): T;
}

/** Items for each thread below which one that is done sooner waits too long for the others. */
const ITEMS_EACH = 4;
/**
 * Bytes of its own above which an item is so large that its products and passes are worth all
 * threads, one after the other.
 */
const MOST_OWN = 1 << 22;
const ALIGNMENT = 64, NUMBER_BYTES = 8;

/**
 * Does `count` items of work, none of which reads what another writes: side by side where there are
 * enough of them, else one after the other, each on all threads. The bits are the same.
 *
 * @param ownBytes memory that each thread has for itself
 * @param work says what is to be done for an item
 */
export function forItems(
  backend: ItemHeap,
  count: number,
  ownBytes: number,
  work: (thread: ThreadWork, item: number) => void,
): void {
  const { pool, gemm } = backend, { threads } = pool;
  if (threads > 1 && count >= ITEMS_EACH * threads && ownBytes <= MOST_OWN && gemm.alone) {
    return gemm.alone(() => sideBySide(backend, count, ownBytes, work));
  }
  inOrder(backend, count, ownBytes, work);
}

/** The same for items that write to the same places: one after the other. */
export function inOrder(
  backend: ItemHeap,
  count: number,
  ownBytes: number,
  work: (thread: ThreadWork, item: number) => void,
): void {
  backend.withScratch(ownBytes, (own) => {
    const now = new WorkNow(backend, own);
    for (let item = 0; item < count; item++) work(now, item);
  });
}

function sideBySide(
  backend: ItemHeap,
  count: number,
  ownBytes: number,
  work: (thread: ThreadWork, item: number) => void,
): void {
  const { heap, pool, gemm } = backend;
  const per = Math.ceil(count / MOST_CHUNKS), chunks = Math.ceil(count / per);
  const each = Math.ceil((gemm.ownBytes + ownBytes) / ALIGNMENT) * ALIGNMENT;
  backend.withScratch(each * pool.threads, (own) => {
    const written = new WrittenWork(gemm, own, pool.names), { numbers } = written;
    const starts: number[] = [];
    for (let item = 0; item < count; item++) {
      if (item % per === 0) starts.push(numbers.length);
      work(written, item);
    }
    starts.push(numbers.length);
    backend.withScratch(NUMBER_BYTES * (starts.length + numbers.length), (at) => {
      const table = new Float64Array(heap.buffer, at, starts.length + numbers.length);
      const first = at / NUMBER_BYTES + starts.length;
      table.set(starts.map((start) => first + start));
      table.set(numbers, starts.length);
      const values = [at, each, 1], counted = 2, moving: [number, number][] = [[0, NUMBER_BYTES]];
      pool.run({ pass: STEPS, values, counted, per: 1, total: chunks, moving });
    });
  });
}
