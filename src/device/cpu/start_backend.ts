/** Starting the cpu device's backend: in a module of its own, or in what one before has left. */

import { CpuBackend } from "./cpu_backend.ts";
import type { HeapBudget } from "./heap_budget.ts";
import { loadPasses } from "./passes.ts";
import { startModule } from "./wasm_module.ts";

export interface BackendOptions {
  /** Whether threads can be given the heap later: {@link CpuBackend.useThreads}. */
  shared?: boolean;
  budget?: HeapBudget;
  /** A backend that was started so, without a budget of its own: its memory serves again. */
  after?: CpuBackend;
}

/** Starts the wasm backend, without registering it. */
export async function startBackend(
  { shared = false, budget, after }: BackendOptions = {},
): Promise<CpuBackend> {
  const left = after?.takeHeap();
  if (left) return new CpuBackend(left);
  const { module, memory } = await startModule(shared);
  return new CpuBackend({ module, memory, passes: await loadPasses(memory) }, budget);
}
