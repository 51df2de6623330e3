/** Products of matrices on the heap of the wasm backend: one interface, two engines. */

import type { Passes } from "./passes.ts";

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

const [SHORTEST_PIECE, LONGEST_PIECE, PIECES] = [64, 96, 8];

/**
 * How many of the k products of an element are summed before their sum is added to the element. One running
 * float32 sum of k terms loses digits as the root of k; a sum of sums loses less, which matters where a ReLU or the
 * sign of a magnitude decides on the last digit. Pieces take their time (more walks over C), so only the layers'
 * own products x W^T have them: about a tenth of such a product with OpenBLAS on one thread. MGFN's features come
 * 12 % nearer to those in double precision by it, and what lies near zero falls as in the golden cases.
 */
export function pieceOf(transA: boolean, transB: boolean, k: number): number {
  if (transA || !transB) return Math.max(1, k);
  const piece = 2 ** Math.floor(Math.log2(Math.max(1, k / PIECES)));
  return Math.min(LONGEST_PIECE, Math.max(SHORTEST_PIECE, piece));
}

/** Where {@link SimdGemm} finds its pass and its memory: the cpu backend. */
export interface PassHeap {
  readonly passes: Passes;
  /** Address of that many bytes; `what` names them where there is no room. */
  allocate(bytes: number, what: string): number;
}

/** Our own product in wasm SIMD (kernels/cpu/gemm.ts), for machines without a BLAS. One thread. */
export class SimdGemm implements Gemm {
  readonly name = "wasm SIMD";
  readonly #heap: PassHeap;
  #panels = 0;

  constructor(heap: PassHeap) {
    this.#heap = heap;
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
    const { passes } = this.#heap;
    this.#panels ||= this.#heap.allocate(passes.gemmPanelBytes(), "the matrix product's panels");
    const [ta, tb] = [transA ? 1 : 0, transB ? 1 : 0];
    const piece = pieceOf(transA, transB, k);
    for (let at = 0; at === 0 || at < k; at += piece) {
      const part = Math.min(piece, k - at), added = at === 0 ? beta : 1;
      const [from, by] = [a + at * 4, b + at * 4]; // op(A) and op(B) are as they lie where there are pieces
      passes.gemm(ta, tb, m, n, part, alpha, from, lda, by, ldb, added, c, ldc, this.#panels);
    }
  }
}
