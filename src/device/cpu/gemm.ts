/** Products of matrices on the heap of the wasm backend: one interface, two engines. */

import type { CpuBackend } from "./cpu_backend.ts";

/**
 * C = alpha op(A) op(B) + beta C on row-major f32 matrices that lie on the wasm heap.
 *
 * op(A) is [m, k], op(B) [k, n], C [m, n]; `a`, `b`, `c` are byte addresses, `lda`, `ldb`, `ldc` the
 * elements from one stored row to the next. beta = 0 overwrites C whatever it holds.
 */
export interface Gemm {
  /** For people: "OpenBLAS 0.3.21 (2 threads)" or "wasm SIMD". */
  readonly name: string;
  sgemm(
    transA: boolean,
    transB: boolean,
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
  ): void;
}

/** Our own product in wasm SIMD (kernels/cpu/gemm.ts), for machines without a BLAS. One thread. */
export class SimdGemm implements Gemm {
  readonly name = "wasm SIMD";
  readonly #backend: CpuBackend;
  #panels = 0;

  constructor(backend: CpuBackend) {
    this.#backend = backend;
  }

  sgemm(
    transA: boolean,
    transB: boolean,
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
  ): void {
    const { passes } = this.#backend;
    this.#panels ||= this.#backend.allocate(passes.gemmPanelBytes(), "the matrix product's panels");
    const [ta, tb] = [transA ? 1 : 0, transB ? 1 : 0];
    passes.gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, this.#panels);
  }
}
