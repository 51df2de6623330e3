/** Our own wasm module (kernels/cpu, AssemblyScript) on the memory of the wasm backend. */

import moduleText from "../../../kernels/cpu/passes.wasm.b64" with { type: "text" };

/** Exports of kernels/cpu/passes.ts. Addresses are bytes on the heap, sizes elements. */
export interface Passes {
  gemmPanelBytes(): number;
  gemm(
    transA: number,
    transB: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    beta: number,
    c: number,
    ldc: number,
    panels: number,
  ): void;
}

/** Instantiates the passes over a memory; it may grow afterwards. */
export async function loadPasses(memory: WebAssembly.Memory): Promise<Passes> {
  const bytes = Uint8Array.fromBase64(moduleText);
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports as unknown as Passes;
}
