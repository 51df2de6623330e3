/**
 * Reads what will be needed while the model computes. Reading happens on Deno's own threads, so it
 * goes on while a synchronous computation holds ours; what remains for our thread is decoding.
 */

/** An item whose work has begun. */
interface Begun<Item, Result> {
  item: Item;
  result: Promise<Result>;
}

/** How far work runs ahead of what is asked for. */
export interface Ahead<Item> {
  items: number;
  /** Bytes that results may take which are not asked for yet; no limit when absent. */
  bytes?: number;
  /** Bytes of an item's result; 0 when absent. */
  bytesOf?(item: Item): number;
}

/**
 * Works through a sequence in order, with the work of the next items begun early. One call of
 * `next` at a time.
 */
export class Prefetch<Item, Result> {
  readonly #begun: Begun<Item, Result>[] = [];
  /** The next item, where it was looked at and not begun. */
  #held: { item: Item } | null = null;

  /**
   * @param following the next item of the sequence; null when it has ended
   * @param work begins the work for an item
   */
  constructor(
    private readonly following: () => Item | null,
    private readonly work: (item: Item) => Promise<Result>,
    private readonly ahead: Ahead<Item>,
  ) {}

  /**
   * The next item and its result; null when the sequence has ended. Rejects where the work of this
   * item failed, whenever that was.
   */
  async next(): Promise<{ item: Item; result: Result } | null> {
    if (this.#begun.length === 0) this.#begin();
    const first = this.#begun.shift();
    if (first === undefined) return null;
    while (this.#begun.length < this.ahead.items && this.#nextFits()) this.#begin();
    return { item: first.item, result: await first.result };
  }

  /** Forgets what was begun; resolves when none of it is under way any more. */
  async clear(): Promise<void> {
    this.#held = null;
    const begun = this.#begun.splice(0);
    await Promise.allSettled(begun.map(({ result }) => result));
  }

  #nextFits(): boolean {
    const { bytes = Infinity, bytesOf = () => 0 } = this.ahead;
    this.#hold();
    if (this.#held === null) return false;
    const waiting = this.#begun.reduce((sum, { item }) => sum + bytesOf(item), 0);
    return waiting + bytesOf(this.#held.item) <= bytes;
  }

  #hold(): void {
    if (this.#held !== null) return;
    const item = this.following();
    if (item !== null) this.#held = { item };
  }

  #begin(): void {
    this.#hold();
    if (this.#held === null) return;
    const { item } = this.#held;
    this.#held = null;
    const result = this.work(item);
    // Until `next` comes to it, a failure must not count as unhandled.
    result.catch(() => {});
    this.#begun.push({ item, result });
  }
}

/** Each item with its result, in order. What is under way when the caller leaves is waited for. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  ahead: Ahead<Item>,
): AsyncGenerator<{ item: Item; result: Result }> {
  const source = items[Symbol.iterator]();
  const following = () => {
    const { done, value } = source.next();
    return done ? null : value;
  };
  const prefetch = new Prefetch(following, work, ahead);
  try {
    for (let next; (next = await prefetch.next()) !== null;) yield next;
  } finally {
    await prefetch.clear();
  }
}
