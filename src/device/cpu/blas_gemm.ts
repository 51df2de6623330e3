/** Products by the system's BLAS, called straight on the wasm heap. */

import { type Blas, NO_TRANSPOSE, ROW_MAJOR, TRANSPOSE } from "./blas.ts";
import { type Gemm, type Matrices, pieceOf, requireOnHeap, type Step } from "./gemm.ts";
import { BLAS_STEP } from "./run_steps.js";
import { flushingSubnormals } from "./subnormals.ts";
import { type Address, further, type Own } from "./thread_addresses.ts";

/**
 * Products by a BLAS, on the heap. Subnormal numbers count as 0 in them, where the machine has a
 * switch for it.
 */
export class BlasGemm implements Gemm {
  readonly name: string;
  readonly ownBytes = 0;
  readonly alone?: <T>(body: () => T) => T;
  readonly #sgemm: Blas["sgemm"];
  readonly #memory: WebAssembly.Memory;
  #buffer?: ArrayBufferLike;
  #base = 0;

  constructor(blas: Blas, memory: WebAssembly.Memory) {
    const { name, core, threads } = blas;
    const how = [...(core ? [core] : []), ...(threads ? [`${threads} threads`] : [])];
    this.name = how.length ? `${name} (${how.join(", ")})` : name;
    this.alone = blas.alone;
    this.#sgemm = blas.sgemm;
    this.#memory = memory;
  }

  sgemm(...product: Matrices<number>): void {
    flushingSubnormals(() => {
      for (const values of this.#calls(product)) this.#sgemm(...values);
    });
  }

  steps(_own: Own, product: Matrices<Address>): Step[] {
    return this.#calls(product).map((values) => ({ call: BLAS_STEP, values }));
  }

  /** Arguments of cblas_sgemm, for each piece of the sums. */
  #calls<A extends Address>(product: Matrices<A>): (A | number)[][] {
    const [transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc] = product;
    if (m === 0 || n === 0) return []; // some make an error of leading dimension 0
    requireOnHeap(this.#memory, product);
    const heap = this.#heapAddress(), piece = pieceOf(transA, transB, k);
    const calls: (A | number)[][] = [];
    for (let at = 0; at === 0 || at < k; at += piece) {
      calls.push([
        ROW_MAJOR,
        transA ? TRANSPOSE : NO_TRANSPOSE,
        transB ? TRANSPOSE : NO_TRANSPOSE,
        m,
        n,
        Math.min(piece, k - at),
        alpha,
        further(a, heap + at * 4), // op(A) and op(B) are as they lie where there are pieces
        Math.max(1, lda),
        further(b, heap + at * 4),
        Math.max(1, ldb),
        at === 0 ? beta : 1,
        further(c, heap),
        ldc,
      ]);
    }
    return calls;
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
