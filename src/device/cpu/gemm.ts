/** Products of matrices on the heap of the wasm backend: one interface, two engines. */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { ThreadPool } from "./thread_pool.ts";
import type { BLAS_STEP } from "./run_steps.js";
import { type Address, firstAt, type Own } from "./thread_addresses.ts";

/** Three matrices where they lie, and what becomes of them. */
export type Matrices<A> = [
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: A,
  lda: number,
  b: A,
  ldb: number,
  beta: number,
  c: A,
  ldc: number,
];

/** A pass, or a call of the BLAS's cblas_sgemm, with its arguments. */
export interface Step {
  call: keyof Passes | typeof BLAS_STEP;
  values: readonly Address[];
}

/**
 * C = alpha op(A) op(B) + beta C on row-major f32 matrices that lie on the wasm heap.
 *
 * op(A) is [m, k], op(B) [k, n], C [m, n]; `a`, `b`, `c` are byte addresses, `lda`, `ldb`, `ldc`
 * the elements from one stored row to the next. beta = 0 overwrites C whatever it holds.
 */
export interface Gemm {
  /** For people: "OpenBLAS 0.3.21 (2 threads)" or "wasm SIMD". */
  readonly name: string;
  /** Computes a product, on all threads where that is worth it. */
  sgemm(...product: Matrices<number>): void;
  /** The same bits as steps of one thread, which has `ownBytes` at `own` for them. */
  steps(own: Own, product: Matrices<Address>): Step[];
  readonly ownBytes: number;
  /**
   * Runs `body`, within which several threads may compute products at once, each its own; absent:
   * they may not.
   */
  readonly alone?: <T>(body: () => T) => T;
}

/**
 * Beyond the heap's end a BLAS would read and write what is not ours, without a word; our own
 * product would stop in the middle, or on a heap that has grown since take what is another's.
 *
 * @throws {RangeError} a matrix leaves the heap
 */
export function requireOnHeap(
  { buffer }: WebAssembly.Memory,
  [transA, transB, m, n, k, , a, lda, b, ldb, , c, ldc]: Matrices<Address>,
): void {
  const heapBytes = buffer.byteLength;
  const check = (
    name: string,
    address: Address,
    rows: number,
    columns: number,
    stride: number,
  ) => {
    const at = firstAt(address);
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

interface SimdHeap {
  readonly pool: ThreadPool;
  readonly heap: WebAssembly.Memory;
  readonly passes: Passes;
}

/**
 * Our own product in wasm SIMD (kernels/cpu/gemm.ts), for machines without a BLAS. Threads share
 * the rows of C, or its columns where those are more: an element's sum is the same for any number
 * of them.
 */
export class SimdGemm implements Gemm {
  readonly name = "wasm SIMD"; // without the threads: checkpoints hold it, and their bytes do not depend on those
  readonly #backend: SimdHeap;
  readonly ownBytes: number;

  constructor(backend: SimdHeap) {
    this.#backend = backend;
    this.ownBytes = backend.passes.gemmPanelBytes();
  }

  alone<T>(body: () => T): T {
    return body();
  }

  sgemm(...product: Matrices<number>): void {
    const { pool, heap } = this.#backend;
    requireOnHeap(heap, product);
    const [transA, transB, m, n, k, , , lda, , ldb, , , ldc] = product;
    const byRows = m >= n, total = byRows ? m : n, tile = byRows ? TILE_ROWS : TILE_COLUMNS;
    const threads = m * n * k < WORTH_IT ? 1 : pool.threads;
    if (total === 0) return;
    const share = total / threads > LARGE_SHARE && threads > 1 ? 2 * threads : threads;
    const per = Math.ceil(total / share / tile) * tile;
    const moving: [number, number][] = byRows
      ? [[6, 4 * per * (transA ? 1 : lda)], [11, 4 * per * ldc]]
      : [[8, 4 * per * (transB ? ldb : 1)], [11, 4 * per]];
    const values = valuesOf(product, 0) as number[];
    pool.run({ pass: "gemm", values, counted: byRows ? 2 : 3, per, total, moving, own: 13 });
  }

  steps(own: Own, product: Matrices<Address>): Step[] {
    requireOnHeap(this.#backend.heap, product);
    const [, , m, n] = product;
    return m === 0 || n === 0 ? [] : [{ call: "gemm", values: valuesOf(product, own) }];
  }
}

/** Arguments of the pass. */
function valuesOf([transA, transB, m, n, k, ...rest]: Matrices<Address>, panel: Address) {
  return [...[Number(transA), Number(transB), m, n, k], ...rest, panel, pieceOf(transA, transB, k)];
}
