/** Work on many items, such as the heads of attention, each done whole by one thread. */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { Gemm } from "./gemm.ts";
import { GUARD_BYTES } from "./heap_guards.ts";
import type { KeptMemory } from "./kept_memory.ts";
import { MOST_CHUNKS, STEPS, type ThreadPool } from "./thread_pool.ts";
import { type ThreadWork, WorkNow, WrittenWork } from "./written_steps.ts";

/** The cpu backend: threads, products, passes, scratch memory. */
export interface ItemHeap {
  readonly heap: WebAssembly.Memory;
  readonly pool: ThreadPool;
  readonly gemm: Gemm;
  readonly passes: Passes;
  /** What each thread has for itself, and where its steps are written down. */
  readonly threadMemory: { readonly own: KeptMemory; readonly steps: KeptMemory };
  readonly allocator: Guards;
  withScratch<T>(bytes: number, body: (address: number) => T): T;
}

/** The heap's allocator, which finds who writes behind its memory. */
interface Guards {
  readonly guarded: boolean;
  guardForeign(address: number, bytes: number, what: string): void;
  requireIntact(): void;
  unguard(address: number): void;
}

/** Items for each thread below which one that is done sooner waits too long for the others. */
const ITEMS_EACH = 4;
/**
 * Bytes of its own above which an item is so large that its products and passes are worth all
 * threads, one after the other. It comes from the memory that is left to the module's allocator,
 * which has some tens of megabytes for all threads.
 */
const MOST_OWN = 1 << 20;
const ALIGNMENT = 64, NUMBER_BYTES = 8;

/**
 * Does `count` items of work, none of which reads or writes what another writes: side by side where
 * there are enough of them, else one after the other, each on all threads. The bits are the same.
 *
 * @param ownBytes bytes that each thread has for itself; what they hold at first means nothing
 * @param work says what is to be done for an item; called once for each, in their order
 */
export function forItems(
  backend: ItemHeap,
  count: number,
  ownBytes: number,
  work: (thread: ThreadWork, item: number) => void,
): void {
  const { pool: { threads }, gemm } = backend;
  const many = threads > 1 && count >= ITEMS_EACH * threads && ownBytes <= MOST_OWN;
  const done = many && gemm.alone?.(() => sideBySide(backend, count, ownBytes, work));
  if (!done) inOrder(backend, count, ownBytes, work);
}

/** The same, one after the other: for items that may write to the same places. */
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

/** @returns whether it was done: false where there is no memory for it */
function sideBySide(
  backend: ItemHeap,
  count: number,
  ownBytes: number,
  work: (thread: ThreadWork, item: number) => void,
): boolean {
  const { heap, pool, gemm, threadMemory } = backend, bytes = gemm.ownBytes + ownBytes;
  const each = Math.ceil((bytes + GUARD_BYTES) / ALIGNMENT) * ALIGNMENT;
  const own = threadMemory.own.take(each * pool.threads);
  if (own === null) return false;
  const per = Math.ceil(count / MOST_CHUNKS), chunks = Math.ceil(count / per);
  const written = new WrittenWork(gemm, own, pool.names), { numbers } = written;
  const starts: number[] = [];
  for (let item = 0; item < count; item++) {
    if (item % per === 0) starts.push(numbers.length);
    work(written, item);
  }
  starts.push(numbers.length);
  const at = threadMemory.steps.take(NUMBER_BYTES * (starts.length + numbers.length));
  if (at === null) return false;
  const table = new Float64Array(heap.buffer, at, starts.length + numbers.length);
  const first = at / NUMBER_BYTES + starts.length;
  table.set(starts.map((start) => first + start));
  table.set(numbers, starts.length);
  const values = [at, each, 1], counted = 2, moving: [number, number][] = [[0, NUMBER_BYTES]];
  guarding(backend, { own, each, bytes }, () => {
    pool.run({ pass: STEPS, values, counted, per: 1, total: chunks, moving });
  });
  return true;
}

/** Runs `body` with guards behind the memory of each thread, where the allocator has them. */
function guarding(
  { allocator, pool: { threads } }: ItemHeap,
  { own, each, bytes }: { own: number; each: number; bytes: number },
  body: () => void,
): void {
  if (!allocator.guarded) return body();
  const places = Array.from({ length: threads }, (_, thread) => own + thread * each);
  places.forEach((at, thread) =>
    allocator.guardForeign(at, bytes, `the memory of thread ${thread}`)
  );
  try {
    body();
    allocator.requireIntact();
  } finally {
    for (const at of places) allocator.unguard(at);
  }
}
