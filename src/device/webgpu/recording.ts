/**
 * Recording of dispatches in tfjs's command stream, and their replay without running tfjs again. What
 * makes a replay exact: every buffer of a recording is its own and never returns to the pool, constants
 * get buffers that nothing else is written to, uniform blocks stay, and everything that changes from
 * step to step (batch, random counters, hyper-parameters) lies in buffers that live outside of it.
 */

/** One dispatch as it was recorded. */
export interface Command {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  grid: [number, number, number];
}

/** Receives what passes through an encoder. */
export interface Listener {
  dispatched(command: Command): void;
  /** Something that a replay could not repeat, in words. */
  unrepeatable(what: string): void;
}

/** A command encoder that does what `encoder` does and tells the listener of every dispatch. */
export function listenTo(encoder: GPUCommandEncoder, listener: Listener): GPUCommandEncoder {
  const heard = {
    beginComputePass: (descriptor?: GPUComputePassDescriptor) =>
      listenToPass(encoder.beginComputePass(descriptor), listener),
    copyBufferToBuffer: (...copy: Parameters<GPUCommandEncoder["copyBufferToBuffer"]>) => {
      listener.unrepeatable("a copy between buffers");
      encoder.copyBufferToBuffer(...copy);
    },
    finish: () => encoder.finish(),
  };
  return heard as unknown as GPUCommandEncoder;
}

function listenToPass(pass: GPUComputePassEncoder, listener: Listener): GPUComputePassEncoder {
  let pipeline: GPUComputePipeline;
  let bindGroup: GPUBindGroup;
  const heard = {
    setPipeline(next: GPUComputePipeline) {
      pass.setPipeline(pipeline = next);
    },
    setBindGroup(index: number, next: GPUBindGroup) {
      pass.setBindGroup(index, bindGroup = next);
    },
    dispatchWorkgroups(x: number, y = 1, z = 1) {
      listener.dispatched({ pipeline, bindGroup, grid: [x, y, z] });
      pass.dispatchWorkgroups(x, y, z);
    },
    end: () => pass.end(),
  };
  return heard as unknown as GPUComputePassEncoder;
}

/** A recorded stretch of work. */
export class Recording {
  readonly #device: GPUDevice;
  readonly #commands: Command[];
  readonly #dispose: () => void;

  /** @param dispose frees the buffers that the commands use */
  constructor(device: GPUDevice, commands: Command[], dispose: () => void) {
    this.#device = device;
    this.#commands = commands;
    this.#dispose = dispose;
  }

  /** Dispatches in it. */
  get size(): number {
    return this.#commands.length;
  }

  /** Does the recorded work again, in one submit. */
  replay(): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | undefined;
    for (const { pipeline, bindGroup, grid } of this.#commands) {
      if (pipeline !== current) pass.setPipeline(current = pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.#dispose();
  }
}
