/**
 * Memory of the wasm heap for tensors and scratch. What tfjs's own kernels allocate comes from the
 * allocator that is compiled into its module; tensors do not, as it never moves anything: near the
 * end of the heap half a gigabyte was free and no piece of it large enough. Here whatever the
 * budget allows is to be had.
 */

import { ALIGNMENT, type Block, HeapBlocks, padded } from "./heap_blocks.ts";
import { HEAP_LIMIT_BYTES, type HeapBudget } from "./heap_budget.ts";
import { guard, GUARD_BYTES, guardBehind, requireIntact } from "./heap_guards.ts";

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

/**
 * A kernel asked for memory that is free in pieces alone: it starts again when they have been moved
 * together.
 */
export class Scattered extends Error {
  /** @param fault for the user, if moving did not help */
  constructor(readonly fault: Error) {
    super(fault.message);
  }
}

/**
 * A kernel asked for more than is free while others hold it: it starts again when tensors that it
 * does not use have left the heap.
 */
export class Crowded extends Error {
  /**
   * @param missing bytes
   * @param fault for the user, if nothing could leave
   */
  constructor(readonly missing: number, readonly fault: Error) {
    super(fault.message);
  }
}

/** Smaller tensors leave the heap last: there are many, and little is gained by them. */
const SMALL_BYTES = 1 << 16;

/**
 * Share of the heap that leaves it at once, where less is missing. Gaps of a small share do not
 * hold the next tensor, and moving all others together takes longer than these copies.
 */
const SHARE_AT_ONCE = 1 / 8;

/**
 * Low memory that is left to the module's allocator; the scratch memory of 64 threads takes 77 MB
 * of it.
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
  #lowered = 0;

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

  /** How often memory was moved together since the start. */
  get lowered(): number {
    return this.#lowered;
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
    if (missing > 0 && inKernel) throw new Crowded(missing, this.budget.full(size, what));
    if (missing > 0) this.makeRoom(missing, Infinity);
    this.budget.take(size, what);
    const block = this.#blocks.take(size, owner);
    if (block) return this.#guarding(block, bytes, what);
    this.budget.give(size);
    if (inKernel) throw new Scattered(this.budget.full(size, what));
    this.moveTogether();
    const found = this.#blocks.take(size, owner);
    if (!found) throw this.budget.full(size, what);
    this.budget.take(size, what);
    return this.#guarding(found, bytes, what);
  }

  give(block: HeapBlock): void {
    const guarded = this.#guards.get(block);
    if (guarded) requireIntact(this.#memory, block.at, guarded);
    this.#guards.delete(block);
    this.budget.give(block.bytes);
    this.#blocks.give(block);
  }

  /**
   * Lets tensors leave the heap, those first that were not asked for the longest: what the forward
   * pass saved first the backward pass wants last.
   *
   * @param before only what was not asked for since then
   * @returns whether `missing` bytes came free
   */
  makeRoom(missing: number, before: number): boolean {
    const blocks = [...this.#blocks.taken()]
      .filter(({ owner }) => owner !== null && owner.lastUse() <= before)
      .map((block) => ({ block, small: block.bytes < SMALL_BYTES, use: block.owner!.lastUse() }))
      .sort((a, b) => Number(a.small) - Number(b.small) || a.use - b.use);
    const wanted = Math.max(missing, this.budget.limit * SHARE_AT_ONCE);
    let freed = 0, room = this.budget.room;
    for (const { block: { owner, bytes } } of blocks) {
      if (freed >= wanted || room < bytes) break;
      owner!.leave();
      [freed, room] = [freed + bytes, room - bytes];
    }
    return freed >= missing;
  }

  /** Makes one gap of all gaps. Addresses are new afterwards. */
  moveTogether(): void {
    const heap = new Uint8Array(this.#memory.buffer);
    this.#lowered++;
    this.#blocks.compact((block, to) => {
      heap.copyWithin(to, block.at, block.at + block.bytes);
      block.owner!.moved(to);
    });
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
