/** Our own wasm module (kernels/cpu, AssemblyScript) on the memory of the wasm backend. */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import { shareMemory } from "./shared_memory.ts";
import moduleText from "../../../kernels/cpu/passes.wasm.b64" with { type: "text" };

/** The passes over a memory, and their module for other threads that share it. */
export interface LoadedPasses {
  passes: Passes;
  module: WebAssembly.Module;
}

/** Instantiates the passes over a memory, shared between threads or not; it may grow afterwards. */
export async function loadPasses(memory: WebAssembly.Memory): Promise<LoadedPasses> {
  const bytes = Uint8Array.fromBase64(moduleText);
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const { instance, module } = await WebAssembly.instantiate(
    shared ? shareMemory(bytes) : bytes,
    { env: { memory } },
  );
  return { passes: instance.exports as unknown as Passes, module };
}
