/** Products by the system's BLAS, called straight on the wasm heap. */

import { type Blas, NO_TRANSPOSE, ROW_MAJOR, TRANSPOSE } from "./blas.ts";
import { type Gemm, pieceOf, requireOnHeap } from "./gemm.ts";
import { flushingSubnormals } from "./subnormals.ts";

/**
 * Products by a BLAS, on the heap. Subnormal numbers count as 0 in them, where the machine has a
 * switch for it.
 */
export class BlasGemm implements Gemm {
  readonly name: string;
  readonly #sgemm: Blas["sgemm"];
  readonly #memory: WebAssembly.Memory;
  #buffer?: ArrayBufferLike;
  #base = 0;

  constructor(blas: Blas, memory: WebAssembly.Memory) {
    const { name, core, threads } = blas;
    const how = [...(core ? [core] : []), ...(threads ? [`${threads} threads`] : [])];
    this.name = how.length ? `${name} (${how.join(", ")})` : name;
    this.#sgemm = blas.sgemm;
    this.#memory = memory;
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
    if (m === 0 || n === 0) return; // some make an error of leading dimension 0
    requireOnHeap(this.#memory, { transA, transB, m, n, k, a, lda, b, ldb, c, ldc });
    const heap = this.#heapAddress();
    const piece = pieceOf(transA, transB, k);
    flushingSubnormals(() => {
      for (let at = 0; at === 0 || at < k; at += piece) {
        this.#sgemm(
          ROW_MAJOR,
          transA ? TRANSPOSE : NO_TRANSPOSE,
          transB ? TRANSPOSE : NO_TRANSPOSE,
          m,
          n,
          Math.min(piece, k - at),
          alpha,
          heap + a + at * 4, // op(A) and op(B) are as they lie where there are pieces
          Math.max(1, lda),
          heap + b + at * 4,
          Math.max(1, ldb),
          at === 0 ? beta : 1,
          heap + c,
          ldc,
        );
      }
    });
  }

  /** Machine address of the heap's byte 0; it can only change when the heap grows. */
  #heapAddress(): number {
    const { buffer } = this.#memory;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      const pointer = Deno.UnsafePointer.of(new Uint8Array(buffer));
      this.#base = Number(Deno.UnsafePointer.value(pointer));
    }
    return this.#base;
  }
}
