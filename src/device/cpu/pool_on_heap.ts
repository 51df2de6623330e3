/** Threads of a backend, with their scratch memory on its heap. */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { Blas } from "./blas.ts";
import type { HeapAllocator } from "./heap_allocator.ts";
import { GUARD_BYTES } from "./heap_guards.ts";
import { ThreadPool } from "./thread_pool.ts";

/** The cpu backend: its heap, and memory of it that stays for long. */
interface PoolHeap {
  readonly heap: WebAssembly.Memory;
  readonly allocator: HeapAllocator;
  allocate(bytes: number, what: string): number;
  release(address: number): void;
}

/** Threads whose scratch memory has guards behind each thread's part. */
export function poolOnHeap(
  backend: PoolHeap,
  threads: number,
  module: WebAssembly.Module,
  passes: Passes,
  blas: Blas | null,
): ThreadPool {
  const { heap: memory, allocator } = backend;
  const bytes = passes.gemmPanelBytes(), ownBytes = bytes + GUARD_BYTES;
  const each = (start: number, act: (address: number, thread: number) => void) => {
    for (let thread = 0; thread < threads; thread++) act(start + thread * ownBytes, thread);
  };
  return new ThreadPool({
    ...{ threads, memory, module, passes, blas, ownBytes },
    allocate(all) {
      const start = backend.allocate(all, "the threads' scratch memory");
      each(
        start,
        (address, thread) =>
          allocator.guardForeign(address, bytes, `the scratch memory of thread ${thread}`),
      );
      return start;
    },
    release(start) {
      each(start, (address) => allocator.unguard(address));
      backend.release(start);
    },
  });
}
