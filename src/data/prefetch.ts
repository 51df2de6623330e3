/**
 * Reads what will be needed while the model computes. Reading happens on Deno's own threads, so it goes
 * on while a synchronous computation holds ours; what remains for our thread is decoding.
 */

/** An item whose work has begun. */
interface Begun<Item, Result> {
  item: Item;
  result: Promise<Result>;
}

/**
 * Works through a sequence in order, with the work of the next items begun early. One call of `next` at a
 * time.
 */
export class Prefetch<Item, Result> {
  readonly #begun: Begun<Item, Result>[] = [];

  /**
   * @param following the next item of the sequence, which never ends
   * @param work begins the work for an item
   * @param ahead items whose work is begun before they are asked for
   */
  constructor(
    private readonly following: () => Item,
    private readonly work: (item: Item) => Promise<Result>,
    private readonly ahead: number,
  ) {}

  /** The next item and its result. Rejects where the work of this item failed, whenever that was. */
  async next(): Promise<{ item: Item; result: Result }> {
    this.#begin(1);
    const { item, result } = this.#begun.shift()!;
    this.#begin(this.ahead);
    return { item, result: await result };
  }

  /** Forgets what was begun; resolves when none of it is under way any more. */
  async clear(): Promise<void> {
    const begun = this.#begun.splice(0);
    await Promise.allSettled(begun.map(({ result }) => result));
  }

  #begin(count: number): void {
    while (this.#begun.length < count) {
      const item = this.following();
      const result = this.work(item);
      // Until `next` comes to it, a failure must not count as unhandled.
      result.catch(() => {});
      this.#begun.push({ item, result });
    }
  }
}
