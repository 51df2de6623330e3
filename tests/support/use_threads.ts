/** Threads of the cpu device that take part from the first pass on. */

import { assert } from "@std/assert";
import type { ThreadPool } from "../../src/device/cpu/thread_pool.ts";

/** Starts all workers, and comes back when they are there. */
export async function startAll(pool: ThreadPool): Promise<void> {
  pool.start();
  const start = performance.now();
  while (pool.ready < pool.threads - 1) {
    assert(performance.now() - start < 60_000, "workers do not start");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
