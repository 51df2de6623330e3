/**
 * Memory of the wasm heap for tensors and scratch. What tfjs's own kernels allocate comes from the
 * allocator that is compiled into its module; tensors do not, as it never moves anything: near the
 * end of the heap half a gigabyte was free and no piece of it large enough. Here whatever the
 * budget allows is to be had.
 */

import { ALIGNMENT, type Block, HeapBlocks, padded } from "./heap_blocks.ts";
import { HEAP_LIMIT_BYTES, type HeapBudget } from "./heap_budget.ts";
import { cheapestToClear, cheapestToGather } from "./heap_runs.ts";
import { guard, GUARD_BYTES, guardBehind, requireIntact } from "./heap_guards.ts";
import { Crowded, Scattered } from "./heap_shortage.ts";

/** The allocator of tfjs's module. */
export interface ModuleAllocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Memory that may be moved while no kernel runs: whoever holds it is told where it lies then. */
export interface Movable {
  moved(address: number): void;
  /** When it was asked for last, in the order of {@link HeapStorage}. */
  lastUse(): number;
  /** Takes what lies there to memory beside the heap, and gives the block back. */
  leave(): void;
}

export type HeapBlock = Block<Movable>;

/** Smaller tensors leave the heap last: there are many, and little is gained by them. */
const SMALL_BYTES = 1 << 16;

/**
 * What it costs to let a byte leave that was asked for at the beginning, beside 1 for one that was
 * asked for just now.
 */
const COST_OF_OLD = 0.1;

/** A byte that leaves is copied twice, one that moves once. */
const COPIES_TO_LEAVE = 2;

/**
 * Share of the heap that leaves it at once, where less is missing: gaps of a small share do not
 * hold the next tensor.
 */
const SHARE_AT_ONCE = 1 / 8;

/**
 * Low memory that is left to the module's allocator; the scratch memory of 64 threads takes 77 MB
 * of it, and what they have for themselves in items_on_threads.ts some more, as far as it is there.
 */
const FOREIGN_BYTES = 112 * 2 ** 20;

/**
 * The module's allocator takes no request of half the address space, so ours is asked for in
 * neighbouring pieces.
 */
const PIECE_BYTES = 2 ** 30;

/** Of a machine that refuses so much, less. */
const SMALLER_PIECES = [2 ** 28, 2 ** 26];

/**
 * What stands behind the last piece, and what a piece loses to words of the module's allocator and
 * to alignment.
 */
const FENCE_BYTES = 1 << 16, WORDS_BYTES = 32;

/** Memory of the module's that was asked for once and is ours for good. */
export interface HeapRange {
  /** Byte address. */
  at: number;
  bytes: number;
}

export class HeapAllocator {
  readonly budget: HeapBudget;
  /** All memory that there is for tensors, from low to high. */
  readonly ranges: readonly HeapRange[];
  /** Puts guard words behind what is allocated from now on, and NaN into it. For tests. */
  guarded = false;
  readonly #module: ModuleAllocator;
  readonly #memory: WebAssembly.Memory;
  readonly #blocks = new HeapBlocks<Movable>();
  readonly #guards = new Map<HeapBlock, { bytes: number; what: string }>();
  /** By address, memory of the module's that has guards behind it. */
  readonly #foreign = new Map<number, { bytes: number; what: string }>();
  #copied = 0;
  #inKernel = 0;

  /** @param kept the ranges of an allocator before, of this module and no longer in use */
  constructor(
    module: ModuleAllocator,
    memory: WebAssembly.Memory,
    budget: HeapBudget,
    kept?: readonly HeapRange[],
  ) {
    this.budget = budget;
    this.#module = module;
    this.#memory = memory;
    this.ranges = kept ?? this.#reserve();
    for (const { at, bytes } of this.ranges) this.#blocks.extend(at, bytes);
    budget.lower(this.ranges.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  /** Bytes that were copied since the start to make room: moved on the heap, or let leave it. */
  get copied(): number {
    return this.#copied;
  }

  /**
   * Takes `bytes` for `what`.
   *
   * @param owner null: the memory cannot be moved until it is given back
   * @param inKernel addresses are in use: nothing can be moved now
   * @throws {RangeError} they are not to be had
   * @throws {Scattered} they are in pieces, within a kernel
   * @throws {Crowded} other tensors hold them, within a kernel
   */
  take(bytes: number, what: string, owner: Movable | null, inKernel: boolean): HeapBlock {
    const size = padded(bytes + (this.guarded ? GUARD_BYTES : 0));
    const missing = this.budget.missing(size);
    if (missing > 0 && inKernel) throw new Crowded(size, missing, this.budget.full(size, what));
    if (missing > 0) this.makeRoom(size, missing, Infinity);
    this.budget.take(size, what);
    let block = this.#blocks.take(size, owner);
    for (const wanted of inKernel ? [] : [size, Infinity]) {
      if (block) break;
      this.makeGap(wanted, Infinity);
      block = this.#blocks.take(size, owner);
    }
    if (!block) {
      this.budget.give(size);
      const fault = this.budget.full(size, what);
      throw inKernel ? new Scattered(size, fault) : fault;
    }
    if (inKernel) this.#inKernel += size;
    return this.#guarding(block, bytes, what);
  }

  /** Bytes that were taken within kernels since {@link beginKernel}. */
  get takenInKernel(): number {
    return this.#inKernel;
  }

  beginKernel(): void {
    this.#inKernel = 0;
  }

  give(block: HeapBlock): void {
    const guarded = this.#guards.get(block);
    if (guarded) requireIntact(this.#memory, block.at, guarded);
    this.#guards.delete(block);
    this.budget.give(block.bytes);
    this.#blocks.give(block);
  }

  /**
   * Lets tensors leave the heap: neighbours, so that a gap of `bytes` comes of it, and such that
   * were not asked for for long: what the forward pass saved first the backward pass wants last.
   *
   * @param before only what was not asked for since then
   * @returns whether `missing` bytes came free
   */
  makeRoom(bytes: number, missing: number, before: number): boolean {
    const share = Math.max(bytes, this.budget.limit * SHARE_AT_ONCE);
    let freed = 0;
    for (const wanted of [share, bytes]) {
      const together = this.#cheapestToClear(wanted, before);
      if (together) freed += this.#clear(together, Infinity);
      if (freed >= missing) return true;
    }
    const oldest = [...this.#blocks.taken()]
      .filter(({ owner }) => owner !== null && owner.lastUse() <= before)
      .map((block) => ({ block, small: block.bytes < SMALL_BYTES, use: block.owner!.lastUse() }))
      .sort((a, b) => Number(a.small) - Number(b.small) || a.use - b.use);
    return freed + this.#clear(oldest.map(({ block }) => block), missing - freed) >= missing;
  }

  /**
   * Makes a gap of `bytes` of what is free in pieces: moves what lies between, or lets neighbours
   * leave where less has to be copied for it. Addresses are new afterwards.
   *
   * @param bytes Infinity: makes one gap of all gaps
   * @param before lets only leave what was not asked for since then
   */
  makeGap(bytes: number, before: number): void {
    const between = cheapestToGather(this.#blocks.first, bytes);
    const together = this.#cheapestToClear(bytes, before);
    const cleared = together?.reduce((sum, { bytes }) => sum + COPIES_TO_LEAVE * bytes, 0);
    if (cleared !== undefined && cleared < (between?.taken ?? Infinity)) {
      if (this.#clear(together!, Infinity) > 0) return;
    }
    const move = (block: HeapBlock, to: number) => {
      new Uint8Array(this.#memory.buffer).copyWithin(to, block.at, block.at + block.bytes);
      block.owner!.moved(to);
      this.#copied += block.bytes;
    };
    if (between) this.#blocks.gather(between, move);
    else this.#blocks.compact(move);
  }

  /** Neighbours of `bytes` that may leave, the longer ago they were asked for the better. */
  #cheapestToClear(bytes: number, before: number): HeapBlock[] | null {
    let oldest = Infinity, newest = -Infinity;
    for (const { owner } of this.#blocks.taken()) {
      if (!owner) continue;
      oldest = Math.min(oldest, owner.lastUse());
      newest = Math.max(newest, owner.lastUse());
    }
    return cheapestToClear(this.#blocks.first, padded(bytes), ({ owner, bytes }) => {
      const use = owner?.lastUse() ?? Infinity;
      if (use > before || owner === null) return Infinity;
      const recency = (use - oldest) / (newest - oldest + 1);
      return bytes * (bytes < SMALL_BYTES ? 1 : COST_OF_OLD + recency);
    });
  }

  /**
   * Lets blocks leave until `wanted` bytes came free, as far as there is memory beside the heap.
   *
   * @returns bytes that came free
   */
  #clear(blocks: readonly HeapBlock[], wanted: number): number {
    let freed = 0, room = this.budget.room;
    for (const { owner, bytes } of blocks) {
      if (freed >= wanted || room < bytes) break;
      owner!.leave();
      [freed, room] = [freed + bytes, room - bytes];
    }
    this.#copied += freed;
    return freed;
  }

  /** @throws {Error} something was written behind an allocation that is guarded */
  requireIntact(): void {
    for (const [block, guarded] of this.#guards) requireIntact(this.#memory, block.at, guarded);
    for (const [at, guarded] of this.#foreign) requireIntact(this.#memory, at, guarded);
  }

  /** Puts guards behind `bytes` of the module's memory, until it is {@link unguard}ed. */
  guardForeign(address: number, bytes: number, what: string): void {
    guardBehind(this.#memory, address, bytes);
    this.#foreign.set(address, { bytes, what });
  }

  unguard(address: number): void {
    this.#foreign.delete(address);
  }

  #guarding(block: HeapBlock, bytes: number, what: string): HeapBlock {
    if (!this.guarded) return block;
    guard(this.#memory, block.at, bytes);
    this.#guards.set(block, { bytes, what });
    return block;
  }

  /**
   * Asks the module for all that the budget may ever take; the system gives memory to what is
   * written alone. Tensors lie over the words that the module's allocator has between neighbouring
   * pieces. It reads and writes those only when it frees or enlarges a piece or what touches one:
   * what touches them are fences, which stay.
   */
  #reserve(): HeapRange[] {
    const ranges: HeapRange[] = [];
    const low = this.#malloc(FOREIGN_BYTES), below = this.#malloc(FENCE_BYTES);
    const wanted = padded(Math.min(this.budget.limit, HEAP_LIMIT_BYTES));
    let held = 0, end = 0;
    for (const most of below ? [PIECE_BYTES, ...SMALLER_PIECES] : []) {
      while (held < wanted) {
        const bytes = Math.min(most, wanted - held) + WORDS_BYTES, at = this.#malloc(bytes);
        if (at === 0) break;
        const neighbour = at >= end && at - end <= WORDS_BYTES;
        const start = neighbour ? end : padded(at);
        end = Math.floor((at + bytes) / ALIGNMENT) * ALIGNMENT;
        ranges.push({ at: start, bytes: end - start });
        held += end - start;
      }
      if (held > 0) break; // what else the machine has is for others
    }
    if (held === 0 || !this.#malloc(FENCE_BYTES)) throw this.budget.full(wanted, "any tensor");
    this.#module._free(low);
    return ranges;
  }

  /** Its answer is a signed number of 32 bits, 0 when nothing is left. */
  #malloc(bytes: number): number {
    return this.#module._malloc(bytes) >>> 0;
  }
}
