/**
 * Uniform blocks by their content: writing one costs more than the rest of an operation, and most
 * come again.
 */

import type { UniformBinding, UniformField } from "../tfjs/webgpu_backend.ts";

/** Blocks that are kept: beyond this many all are forgotten. */
export const MOST_BLOCKS = 8192;

export class UniformBlocks {
  readonly #blocks = new Map<string, UniformBinding>();
  readonly #release: (buffer: GPUBuffer) => void;
  readonly #onMany?: () => void;

  /**
   * @param release gets the buffers of those that are forgotten
   * @param onMany told when there are more than {@link MOST_BLOCKS}, all of which are kept then;
   *     absent: they are forgotten
   */
  constructor(release: (buffer: GPUBuffer) => void, onMany?: () => void) {
    this.#release = release;
    this.#onMany = onMany;
  }

  /**
   * The block with these fields.
   *
   * @param make writes a new one, whose buffer is this object's from then on
   */
  get(fields: UniformField[], make: () => UniformBinding): UniformBinding {
    const key = contentOf(fields);
    let block = this.#blocks.get(key);
    if (!block) {
      if (this.#blocks.size >= MOST_BLOCKS) {
        if (this.#onMany) this.#onMany();
        else this.forget();
      }
      this.#blocks.set(key, block = make());
    }
    return block;
  }

  forget(): void {
    for (const { buffer } of this.#blocks.values()) this.#release(buffer);
    this.#blocks.clear();
  }
}

function contentOf(fields: UniformField[]): string {
  let key = "";
  for (const { type, data } of fields) {
    key += type[0];
    for (const value of data) key += Object.is(value, -0) ? "-0," : `${value},`;
  }
  return key;
}
