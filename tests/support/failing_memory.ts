/** The cpu device's memory, which fails where a test wants it to. */

import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { Scattered } from "../../src/device/cpu/heap_shortage.ts";

/** Does `work` while the request for memory number `n`, and all after it, find the heap full. */
export async function withHeapFullAt<T>(
  { allocator, budget }: CpuBackend,
  n: number,
  work: () => Promise<T> | T,
): Promise<{ requests: number; result?: T; error?: unknown }> {
  const take = allocator.take;
  let requests = 0;
  allocator.take = (bytes, what, owner, inKernel) => {
    if (requests++ >= n) throw budget.full(bytes, what);
    return take.call(allocator, bytes, what, owner, inKernel);
  };
  try {
    return { result: await work(), requests };
  } catch (error) {
    return { error, requests };
  } finally {
    allocator.take = take;
  }
}

/**
 * Does `work` while in every kernel the request number `n` finds memory in pieces alone, so that
 * the kernel starts again.
 *
 * @returns how many kernels did
 */
export async function withKernelsRestartedAt(
  backend: CpuBackend,
  n: number,
  work: () => Promise<void> | void,
): Promise<number> {
  const { allocator } = backend, { take } = allocator, { run } = backend;
  let depth = 0, requests = 0, restarts = 0, again = false;
  backend.run = (kernel) => {
    if (depth === 0) [requests, again] = [0, false];
    depth++;
    try {
      return run.call(backend, kernel) as ReturnType<typeof kernel>;
    } finally {
      depth--;
    }
  };
  allocator.take = (bytes, what, owner, inKernel) => {
    if (inKernel && !again && requests++ === n) {
      again = true;
      restarts++;
      const fault = new Error(`a kernel did not start again: ${what}`);
      throw new Scattered(Infinity, fault); // everything moves
    }
    return take.call(allocator, bytes, what, owner, inKernel);
  };
  try {
    await work();
  } finally {
    allocator.take = take;
    backend.run = run;
  }
  return restarts;
}
