/**
 * Uniform blocks by their content: writing one costs more than the rest of an operation, and most
 * come again.
 */

import type { UniformBinding, UniformField } from "../tfjs/webgpu_backend.ts";

/** Blocks that are kept: beyond this many all are forgotten. */
const MOST = 8192;

export class UniformBlocks {
  readonly #blocks = new Map<string, UniformBinding>();

  /**
   * The block with these fields.
   *
   * @param make writes a new one, whose buffer is this object's from then on
   * @param release gets the buffers of those that are forgotten
   */
  get(
    fields: UniformField[],
    make: () => UniformBinding,
    release: (buffer: GPUBuffer) => void,
  ): UniformBinding {
    const key = contentOf(fields);
    let block = this.#blocks.get(key);
    if (!block) {
      if (this.#blocks.size >= MOST) {
        for (const { buffer } of this.#blocks.values()) release(buffer);
        this.#blocks.clear();
      }
      this.#blocks.set(key, block = make());
    }
    return block;
  }

  dispose(): void {
    for (const { buffer } of this.#blocks.values()) buffer.destroy();
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
