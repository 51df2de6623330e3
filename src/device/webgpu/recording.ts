/**
 * Recording of dispatches in tfjs's command stream, and their replay without running tfjs again.
 * What makes a replay exact: every buffer of a recording is its own and never returns to the pool,
 * constants get buffers that nothing else is written to, uniform blocks stay, and everything that
 * changes from step to step (batch, random counters, hyper-parameters) lies in buffers that live
 * outside of it.
 */

import type * as tf from "@tensorflow/tfjs";
import type { Recording } from "../recorder.ts";
import type { OpenWebGPUBackend, TensorData } from "../tfjs/webgpu_backend.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { UniformBlocks } from "./uniform_blocks.ts";

/** One dispatch as it was recorded. */
export interface Command {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  grid: [number, number, number];
}

/** Buffers of a recording, which nothing else writes to between its replays. */
export interface RecordedBuffers {
  pool: BufferPool;
  uniforms: UniformBlocks;
}

/**
 * Recording in progress: what passes through its encoders, and the buffers that it makes for
 * constants.
 */
export class RecordingSession {
  readonly #device: GPUDevice;
  readonly #commands: Command[] = [];
  readonly #constants: GPUBuffer[] = [];
  #obstacle: string | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Notes, in words, something that a replay could not repeat. */
  refuse(what: string): void {
    this.#obstacle ??= what;
  }

  /** A buffer of its own with these values. */
  constant(values: tf.BackendValues, dtype: tf.DataType): GPUBuffer {
    const numbers = values as Float32Array | Int32Array | Uint8Array;
    const buffer = this.#device.createBuffer({
      size: Math.max(4, 4 * numbers.length),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      mappedAtCreation: true,
    });
    const range = buffer.getMappedRange();
    if (dtype === "float32") new Float32Array(range).set(numbers);
    else new Int32Array(range).set(numbers);
    buffer.unmap();
    this.#constants.push(buffer);
    return buffer;
  }

  /** A command encoder that does what `encoder` does, and notes every dispatch. */
  listenTo(encoder: GPUCommandEncoder): GPUCommandEncoder {
    const heard = {
      beginComputePass: (descriptor?: GPUComputePassDescriptor) =>
        this.#listenToPass(encoder.beginComputePass(descriptor)),
      copyBufferToBuffer: (...copy: Parameters<GPUCommandEncoder["copyBufferToBuffer"]>) => {
        this.refuse("a copy between buffers");
        encoder.copyBufferToBuffer(...copy);
      },
      finish: () => encoder.finish(),
    };
    return heard as unknown as GPUCommandEncoder;
  }

  #listenToPass(pass: GPUComputePassEncoder): GPUComputePassEncoder {
    let pipeline: GPUComputePipeline;
    let bindGroup: GPUBindGroup;
    const heard = {
      setPipeline(next: GPUComputePipeline) {
        pass.setPipeline(pipeline = next);
      },
      setBindGroup(index: number, next: GPUBindGroup) {
        pass.setBindGroup(index, bindGroup = next);
      },
      dispatchWorkgroups: (x: number, y = 1, z = 1) => {
        this.#commands.push({ pipeline, bindGroup, grid: [x, y, z] });
        pass.dispatchWorkgroups(x, y, z);
      },
      end: () => pass.end(),
    };
    return heard as unknown as GPUComputePassEncoder;
  }

  /**
   * Ends it.
   *
   * @param buffers that the commands use
   * @param dispose frees them, but for constants
   * @returns the recording, or why the work cannot be replayed
   */
  finish(buffers: RecordedBuffers, dispose: () => void): GpuRecording | string {
    return this.#obstacle ?? new GpuRecording(this.#device, this.#commands, buffers, () => {
      dispose();
      for (const buffer of this.#constants) buffer.destroy();
    });
  }
}

/** A recorded stretch of work. */
export class GpuRecording implements Recording {
  readonly buffers: RecordedBuffers;
  readonly #device: GPUDevice;
  readonly #commands: Command[];
  readonly #dispose: () => void;
  #written: tf.TensorInfo[] | null = null;
  #data: TensorData[] = [];

  /** @param dispose frees the buffers */
  constructor(
    device: GPUDevice,
    commands: Command[],
    buffers: RecordedBuffers,
    dispose: () => void,
  ) {
    this.buffers = buffers;
    this.#device = device;
    this.#commands = commands;
    this.#dispose = dispose;
  }

  get size(): number {
    return this.#commands.length;
  }

  get bytes(): number {
    return this.buffers.pool.numBytesAllocated;
  }

  /**
   * What the backend holds of the tensors that a replay writes; looked up once, since a recording
   * writes the same ones each time.
   */
  dataOf(written: tf.TensorInfo[], tensorMap: OpenWebGPUBackend["tensorMap"]): TensorData[] {
    if (this.#written !== written) {
      this.#written = written;
      this.#data = written.map(({ dataId }) => tensorMap.get(dataId));
    }
    return this.#data;
  }

  /** Does the recorded work again, in one submit. */
  replay(): void {
    this.#device.queue.submit([this.encode(1)]);
  }

  /** The recorded work so many times. */
  encode(times: number): GPUCommandBuffer {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | undefined;
    for (let time = 0; time < times; time++) {
      for (const { pipeline, bindGroup, grid: [x, y, z] } of this.#commands) {
        if (pipeline !== current) pass.setPipeline(current = pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(x, y, z);
      }
    }
    pass.end();
    return encoder.finish();
  }

  dispose(): void {
    this.#dispose();
  }
}
