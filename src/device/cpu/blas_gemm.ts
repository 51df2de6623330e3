/** Products by the system's BLAS, called straight on the wasm heap. */

import { type Blas, NO_TRANSPOSE, ROW_MAJOR, TRANSPOSE } from "./blas.ts";
import { type Gemm, pieceOf, requireOnHeap } from "./gemm.ts";
import { flushingSubnormals } from "./subnormals.ts";

/**
 * Rows for each thread, and columns, of the tile of C that stays in the cache while the pieces of a
 * product are added to it.
 */
const TILE_ROWS = 384, TILE_COLUMNS = 1024;

/** The size of tiles for `total` rows or columns: as even as multiples of 16 allow. */
function evenTile(total: number, most: number): number {
  return Math.ceil(total / Math.ceil(total / most) / 16) * 16;
}

/**
 * Products by a BLAS, on the heap. Subnormal numbers count as 0 in them, where the machine has a
 * switch for it.
 */
export class BlasGemm implements Gemm {
  readonly name: string;
  readonly #sgemm: Blas["sgemm"];
  readonly #memory: WebAssembly.Memory;
  readonly #tileRows: number;
  #buffer?: ArrayBufferLike;
  #base = 0;

  constructor(blas: Blas, memory: WebAssembly.Memory) {
    const { name, core, threads } = blas;
    const how = [...(core ? [core] : []), ...(threads ? [`${threads} threads`] : [])];
    this.name = how.length ? `${name} (${how.join(", ")})` : name;
    this.#sgemm = blas.sgemm;
    this.#memory = memory;
    this.#tileRows = TILE_ROWS * (threads ?? navigator.hardwareConcurrency);
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
    const [rows, columns] = piece >= k
      ? [m, n]
      : [evenTile(m, this.#tileRows), evenTile(n, TILE_COLUMNS)];
    const call = (row: number, column: number, at: number) =>
      this.#sgemm(
        ROW_MAJOR,
        transA ? TRANSPOSE : NO_TRANSPOSE,
        transB ? TRANSPOSE : NO_TRANSPOSE,
        Math.min(rows, m - row),
        Math.min(columns, n - column),
        Math.min(piece, k - at),
        alpha,
        heap + a + 4 * (row * lda + at), // where there are pieces, A lies as it is, B transposed
        Math.max(1, lda),
        heap + b + 4 * (column * ldb + at),
        Math.max(1, ldb),
        at === 0 ? beta : 1,
        heap + c + 4 * (row * ldc + column),
        ldc,
      );
    flushingSubnormals(() => {
      for (let row = 0; row < m; row += rows) {
        for (let column = 0; column < n; column += columns) {
          for (let at = 0; at === 0 || at < k; at += piece) call(row, column, at);
        }
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
