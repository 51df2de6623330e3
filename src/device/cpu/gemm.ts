/** Products of matrices on the heap of the wasm backend: one interface, two engines. */

import type { ThreadPool } from "./thread_pool.ts";

/**
 * C = alpha op(A) op(B) + beta C on row-major f32 matrices that lie on the wasm heap.
 *
 * op(A) is [m, k], op(B) [k, n], C [m, n]; `a`, `b`, `c` are byte addresses, `lda`, `ldb`, `ldc`
 * the elements from one stored row to the next. beta = 0 overwrites C whatever it holds.
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

/** Where the matrices of a product lie, as {@link Gemm.sgemm} takes them. */
interface Placed {
  transA: boolean;
  transB: boolean;
  m: number;
  n: number;
  k: number;
  a: number;
  lda: number;
  b: number;
  ldb: number;
  c: number;
  ldc: number;
}

/**
 * Beyond the heap's end a BLAS would read and write what is not ours, without a word; our own
 * product would stop in the middle, or on a heap that has grown since take what is another's.
 *
 * @throws {RangeError} a matrix leaves the heap
 */
export function requireOnHeap(
  { buffer }: WebAssembly.Memory,
  { transA, transB, m, n, k, a, lda, b, ldb, c, ldc }: Placed,
): void {
  const heapBytes = buffer.byteLength;
  const check = (name: string, at: number, rows: number, columns: number, stride: number) => {
    const elements = rows && columns ? (rows - 1) * stride + columns : 0;
    if (at >= 0 && at + 4 * elements <= heapBytes) return;
    throw new RangeError(
      `Cannot multiply: matrix ${name} [${rows}, ${columns}] at byte ${at}, with ${stride} numbers ` +
        `from row to row, leaves the heap of ${heapBytes} bytes`,
    );
  };
  check("A", a, transA ? k : m, transA ? m : k, lda);
  check("B", b, transB ? n : k, transB ? k : n, ldb);
  check("C", c, m, n, ldc);
}

const [SHORTEST_PIECE, LONGEST_PIECE, PIECES] = [64, 96, 8];

/**
 * How many of the k products of an element are summed before their sum is added to the element. One
 * running float32 sum of k terms loses digits as the root of k; a sum of sums loses less, which
 * matters where a ReLU or the sign of a magnitude decides on the last digit. Pieces take their time
 * (more walks over C, by tiles that stay in the cache), so only the layers' own products x W^T have
 * them: about a tenth of such a product with OpenBLAS on one thread. MGFN's features come 12 %
 * nearer to those in double precision by it, and what lies near zero falls as in the golden cases.
 */
export function pieceOf(transA: boolean, transB: boolean, k: number): number {
  if (transA || !transB) return Math.max(1, k);
  const piece = 2 ** Math.floor(Math.log2(Math.max(1, k / PIECES)));
  return Math.min(LONGEST_PIECE, Math.max(SHORTEST_PIECE, piece));
}

/**
 * Rows of A and columns of B that a tile of C takes: a thread's share of C is a multiple of them.
 */
const TILE_ROWS = 6, TILE_COLUMNS = 8;
/**
 * Products below which threads gain nothing, and the rows or columns beyond which a thread's share
 * is halved.
 */
const WORTH_IT = 1 << 21, LARGE_SHARE = 512;

/**
 * Our own product in wasm SIMD (kernels/cpu/gemm.ts), for machines without a BLAS. Threads share
 * the rows of C, or its columns where those are more: an element's sum is the same for any number
 * of them.
 */
export class SimdGemm implements Gemm {
  readonly name = "wasm SIMD"; // without the threads: checkpoints hold it, and their bytes do not depend on those
  readonly #backend: { readonly pool: ThreadPool; readonly heap: WebAssembly.Memory };

  constructor(backend: { readonly pool: ThreadPool; readonly heap: WebAssembly.Memory }) {
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
    const { pool, heap } = this.#backend;
    requireOnHeap(heap, { transA, transB, m, n, k, a, lda, b, ldb, c, ldc });
    // deno-fmt-ignore
    const values = [
      transA ? 1 : 0, transB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 0,
      pieceOf(transA, transB, k),
    ];
    const byRows = m >= n, total = byRows ? m : n, tile = byRows ? TILE_ROWS : TILE_COLUMNS;
    const threads = m * n * k < WORTH_IT ? 1 : pool.threads;
    if (total === 0) return;
    const share = total / threads > LARGE_SHARE && threads > 1 ? 2 * threads : threads;
    const per = Math.ceil(total / share / tile) * tile;
    const moving: [number, number][] = byRows
      ? [[6, 4 * per * (transA ? 1 : lda)], [11, 4 * per * ldc]]
      : [[8, 4 * per * (transB ? ldb : 1)], [11, 4 * per]];
    pool.run({ pass: "gemm", values, counted: byRows ? 2 : 3, per, total, moving, own: 13 });
  }
}
