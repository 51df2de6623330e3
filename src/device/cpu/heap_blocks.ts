/**
 * Which bytes of a range of memory are taken, and where the next tensor goes. The smallest gap that
 * holds it is taken, so that the sizes that return in every training step find the gaps that they
 * left. When all gaps are too small though enough is free, what lies between some of them moves and
 * they become one.
 */

/** A piece of the range, taken or free; neighbours are never both free. */
export interface Block<Owner> {
  /** Byte address. */
  at: number;
  bytes: number;
  free: boolean;
  /** Whom it is moved for; null: it stays where it is. */
  owner: Owner | null;
  before: Block<Owner> | null;
  after: Block<Owner> | null;
}

/** Neighbouring blocks from `first` to `last`. */
export interface Run<Owner> {
  first: Block<Owner>;
  last: Block<Owner>;
}

/** Copies a taken block's bytes to a lower address; both places may overlap. */
export type Move<Owner> = (block: Block<Owner>, to: number) => void;

/** Addresses and sizes are multiples of it. */
export const ALIGNMENT = 16;

/** What `bytes` take up. */
export function padded(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
}

/** Four classes for each doubling of the size. */
function classOf(bytes: number): number {
  const doublings = 31 - Math.clz32(bytes);
  return 4 * doublings + (bytes >>> (doublings - 2) & 3);
}

const CLASSES = classOf(2 ** 32 - 1) + 1;

export class HeapBlocks<Owner> {
  readonly #gaps: Set<Block<Owner>>[] = Array.from({ length: CLASSES }, () => new Set());
  #first: Block<Owner> | null = null;
  #last: Block<Owner> | null = null;

  /** Adds bytes above all that there are. What lies between stays foreign. */
  extend(at: number, bytes: number): void {
    const end = this.#last ? this.#last.at + this.#last.bytes : at;
    if (at > end) this.#append({ at: end, bytes: at - end, free: false });
    const block = this.#append({ at, bytes, free: true });
    this.#merge(block);
  }

  /**
   * Takes `bytes` (padded), or answers null where no gap holds them.
   *
   * @param owner whom the block may be moved for; null: it must stay
   */
  take(bytes: number, owner: Owner | null): Block<Owner> | null {
    const block = this.#smallestFor(bytes);
    if (!block) return null;
    this.#gaps[classOf(block.bytes)].delete(block);
    block.free = false;
    block.owner = owner;
    if (block.bytes > bytes) {
      const rest = this.#insert(block, block.bytes - bytes);
      block.bytes = bytes;
      this.#gaps[classOf(rest.bytes)].add(rest);
    }
    return block;
  }

  give(block: Block<Owner>): void {
    block.free = true;
    block.owner = null;
    this.#merge(block);
  }

  /** The block of the lowest address. */
  get first(): Block<Owner> | null {
    return this.#first;
  }

  /** Moves all that may be moved down, which leaves one gap where nothing has to stay. */
  compact(move: Move<Owner>): void {
    if (this.#first) this.gather({ first: this.#first, last: this.#last! }, move);
  }

  /** The same between two blocks. */
  gather({ first, last }: Run<Owner>, move: Move<Owner>): void {
    const end = last.at + last.bytes, behind = last.after;
    let to = first.at;
    for (let block: Block<Owner> | null = first, next; block && block !== behind; block = next) {
      next = block.after;
      if (block.free) {
        this.#gaps[classOf(block.bytes)].delete(block);
        this.#unlink(block);
        continue;
      }
      if (block.owner === null && block.at > to) this.#gap(block.before, to, block.at - to);
      if (block.owner !== null && block.at > to) {
        move(block, to);
        block.at = to;
      }
      to = block.at + block.bytes;
    }
    if (end > to) this.#gap(behind ? behind.before : this.#last, to, end - to);
  }

  /** The taken blocks, from the lowest address on. */
  *taken(): Generator<Block<Owner>> {
    for (let block = this.#first; block; block = block.after) if (!block.free) yield block;
  }

  #append({ at, bytes, free }: Pick<Block<Owner>, "at" | "bytes" | "free">): Block<Owner> {
    const block = { at, bytes, free, owner: null, before: this.#last, after: null };
    if (this.#last) this.#last.after = block;
    else this.#first = block;
    this.#last = block;
    return block;
  }

  #smallestFor(bytes: number): Block<Owner> | null {
    for (let size = classOf(bytes); size < CLASSES; size++) {
      let best: Block<Owner> | null = null;
      for (const gap of this.#gaps[size]) {
        if (gap.bytes < bytes) continue;
        if (!best || gap.bytes < best.bytes || gap.bytes === best.bytes && gap.at < best.at) {
          best = gap;
        }
      }
      if (best) return best;
    }
    return null;
  }

  /** Joins a free block with its free neighbours. */
  #merge(block: Block<Owner>): void {
    const { before, after } = block;
    if (after?.free) {
      this.#gaps[classOf(after.bytes)].delete(after);
      block.bytes += after.bytes;
      this.#unlink(after);
    }
    if (before?.free) {
      this.#gaps[classOf(before.bytes)].delete(before);
      block.at = before.at;
      block.bytes += before.bytes;
      this.#unlink(before);
    }
    this.#gaps[classOf(block.bytes)].add(block);
  }

  /** A free block behind `block`, of the last `bytes` of it. */
  #insert(block: Block<Owner>, bytes: number): Block<Owner> {
    return this.#link(block, { at: block.at + block.bytes - bytes, bytes });
  }

  #gap(before: Block<Owner> | null, at: number, bytes: number): void {
    const gap = this.#link(before, { at, bytes });
    this.#gaps[classOf(bytes)].add(gap);
  }

  #link(
    before: Block<Owner> | null,
    { at, bytes }: Pick<Block<Owner>, "at" | "bytes">,
  ): Block<Owner> {
    const after = before ? before.after : this.#first;
    const block = { at, bytes, free: true, owner: null, before, after };
    if (before) before.after = block;
    else this.#first = block;
    if (after) after.before = block;
    else this.#last = block;
    return block;
  }

  #unlink({ before, after }: Block<Owner>): void {
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
  }
}
