/** Bringing tensors onto the heap, and letting them wait beside it while others need its room. */

import * as tf from "@tensorflow/tfjs";
import type { WasmModule } from "../tfjs/wasm_backend.ts";
import type { HeapAllocator, HeapBlock } from "./heap_allocator.ts";
import { bytesOf, type TensorData } from "./heap_storage.ts";
import { HostMemory } from "./host_memory.ts";

export interface ResidencyOptions {
  /** That of the backend, as long as it is not disposed. */
  module(): WasmModule;
  memory: WebAssembly.Memory;
  allocator: HeapAllocator;
  /** Whether addresses are in use: then nothing is moved. */
  inKernel(): boolean;
  /** Somebody asks for a tensor now. */
  use(data: TensorData): void;
}

export class HeapResidency {
  readonly #options: ResidencyOptions;
  readonly #beside = new HostMemory();

  constructor(options: ResidencyOptions) {
    this.#options = options;
  }

  /**
   * Gives a tensor its memory on the heap, and what it shall hold.
   *
   * @param parts arrays that lie one behind the other in it; none: whatever its memory holds
   * @param reserved memory that it takes over; absent: new one is taken
   * @throws {RangeError} (fault) there is no room; within a kernel as {@link HeapAllocator.take}
   */
  place(
    data: TensorData,
    parts: readonly tf.TypedArray[] = [],
    reserved: HeapBlock | null = null,
  ): void {
    const { allocator, inKernel, use } = this.#options;
    const { id, shape } = data, size = tf.util.sizeFromShape(shape);
    const module = this.#options.module(), { tfjs } = module;
    const moved = (address: number) => {
      data.memoryOffset = address;
      tfjs.disposeData(id); // the old place, and what kernels made of the values there
      tfjs.registerTensor(id, size, address);
    };
    const lastUse = () => data.lastUse, leave = () => this.#leave(data);
    const owner = { moved, lastUse, leave };
    data.block = reserved ??
      allocator.take(bytesOf(data), `a tensor [${shape.join(", ")}]`, owner, inKernel());
    data.block.owner = owner;
    const waited = data.onHost?.waiting;
    data.onHost = undefined;
    use(data);
    data.memoryOffset = data.block.at;
    tfjs.registerTensor(id, size, data.block.at);
    let at = data.memoryOffset;
    for (const { buffer, byteOffset, byteLength } of parts) {
      module.HEAPU8.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += byteLength;
    }
    if (waited) this.#waitsNoLonger(waited);
  }

  /** Gives back the memory of a tensor that {@link place} has placed, wherever it lies. */
  free({ id, block, onHost }: TensorData): void {
    if (block) {
      this.#options.allocator.give(block);
      this.#options.module().tfjs.disposeData(id);
    }
    if (onHost?.waiting) this.#waitsNoLonger(onHost.waiting);
  }

  /** Lets a tensor wait beside the heap until it is asked for there. */
  #leave(data: TensorData): void {
    const { allocator, memory } = this.#options;
    const { dtype, memoryOffset } = data;
    const waiting = this.#beside.take(bytesOf(data));
    waiting.set(new Uint8Array(memory.buffer, memoryOffset, waiting.byteLength));
    allocator.budget.putBeside(waiting.byteLength);
    const { buffer, byteOffset, byteLength } = waiting;
    const values = dtype === "float32"
      ? new Float32Array(buffer, byteOffset, byteLength / 4)
      : waiting;
    this.free(data);
    data.block = undefined;
    data.onHost = { parts: [values], lasting: false, waiting };
  }

  #waitsNoLonger(waiting: Uint8Array): void {
    this.#options.allocator.budget.putBeside(-waiting.byteLength);
    this.#beside.give(waiting);
  }
}
