/**
 * Main memory beside the wasm heap, for tensors that wait there while the heap is full. It comes in
 * pieces, of which the system gives what is written alone, and which stay: a training step asks for
 * the same again.
 */

import { type Block, HeapBlocks, padded } from "./heap_blocks.ts";
import { askForHugePages } from "./huge_pages.ts";

const PIECE_BYTES = 2 ** 30;

interface Piece {
  buffer: ArrayBuffer;
  blocks: HeapBlocks<null>;
}

export class HostMemory {
  readonly #pieces: Piece[] = [];
  readonly #taken = new Map<Uint8Array, { piece: Piece; block: Block<null> }>();

  /** Room for `bytes`, until it is given back, with whatever it holds. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const size = padded(bytes);
    for (const piece of this.#pieces) {
      const block = piece.blocks.take(size, null);
      if (block) return this.#handOut(piece, block, bytes);
    }
    const buffer = new ArrayBuffer(Math.max(PIECE_BYTES, size));
    askForHugePages(buffer);
    const piece = { buffer, blocks: new HeapBlocks<null>() };
    piece.blocks.extend(0, buffer.byteLength);
    this.#pieces.push(piece);
    return this.#handOut(piece, piece.blocks.take(size, null)!, bytes);
  }

  give(room: Uint8Array): void {
    const { piece, block } = this.#taken.get(room)!;
    this.#taken.delete(room);
    piece.blocks.give(block);
  }

  #handOut(piece: Piece, block: Block<null>, bytes: number): Uint8Array<ArrayBuffer> {
    const room = new Uint8Array(piece.buffer, block.at, bytes);
    this.#taken.set(room, { piece, block });
    return room;
  }
}
