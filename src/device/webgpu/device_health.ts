/**
 * Errors of a GPU: they arrive late, and after one all results are zeros or rubbish, so the first
 * one is kept.
 */

import { memoryFault } from "../memory_fault.ts";

export class DeviceHealth {
  #failure: Error | null = null;
  #closing = false;

  constructor(device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => {
      this.#fail(errorOf((event as GPUUncapturedErrorEvent).error));
    });
    device.lost.then(({ reason, message }) => {
      if (this.#closing) return;
      this.#fail(
        new Error(
          `The GPU was lost (${reason}: ${message}): a driver reset, or another program took it down; ` +
            "what was written is intact, go on from it (train --resume, score --skip-existing)",
        ),
      );
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error; // the rest follow from it
  }

  /** The device goes away on purpose from here on. */
  close(): void {
    this.#closing = true;
  }

  /** Throws the first error that the GPU reported, again at every call. */
  assert(): void {
    if (this.#failure) throw this.#failure;
  }

  /** What `read` gives, if no error was reported before or while the values were on their way. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    this.assert();
    try {
      return await read();
    } catch (error) {
      // The report that says why can come after the failed read.
      await new Promise((resolve) => setTimeout(resolve));
      this.assert();
      throw error;
    } finally {
      this.assert();
    }
  }
}

function errorOf(error: GPUError): Error {
  const message = error.message.trim();
  if (error instanceof GPUOutOfMemoryError) {
    return memoryFault(`The GPU is out of memory (${message})`, "use --device cpu");
  }
  return new Error(`The GPU reported an error: ${message}`);
}
