/**
 * The handles that a kernel has made so far, outputs and intermediates, so that one that fails
 * leaves none of them behind: tfjs knows of what a kernel returns alone.
 */

type DataId = object;

export class HandlesMade {
  /** The data of each; null between kernels. */
  #made: DataId[] | null = null;
  readonly #dispose: (dataId: DataId) => void;

  /** @param dispose lets one handle of the data go */
  constructor(dispose: (dataId: DataId) => void) {
    this.#dispose = dispose;
  }

  /** Whether a kernel runs. */
  get inKernel(): boolean {
    return this.#made !== null;
  }

  /** Runs a kernel, whole or not at all; one within another is a part of it. */
  run<T>(kernel: () => T): T {
    if (this.#made) return kernel();
    const made: DataId[] = this.#made = [];
    try {
      return kernel();
    } catch (error) {
      this.#made = null;
      for (const dataId of made) this.#dispose(dataId);
      throw error;
    } finally {
      this.#made = null;
    }
  }

  /** There is one more handle of the data. */
  add(dataId: DataId): void {
    this.#made?.push(dataId);
  }

  /** There is one fewer. */
  remove(dataId: DataId): void {
    const at = this.#made?.lastIndexOf(dataId) ?? -1;
    if (at >= 0) this.#made!.splice(at, 1);
  }
}
