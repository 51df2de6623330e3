/** What a training writes into its folder as it goes on: log lines, checkpoints, best weights. */

import { fault, isFault } from "../fault.ts";
import type { FileSystem } from "../io/file_system.ts";
import {
  type Checkpoint,
  type Tensors,
  writeCheckpoint,
  writeWeights,
} from "../run_folder/checkpoint.ts";
import { appendLog, type LogLine, syncLog } from "../run_folder/log.ts";
import type { RunFiles } from "../run_folder/run_files.ts";

export class TrainingFiles {
  readonly #files: RunFiles;
  readonly #metadata: Record<string, string>;
  readonly #fs: FileSystem | undefined;
  /** Lines were written that may not be on the device yet. */
  #logGrew = false;

  /** @param metadata written into every checkpoint */
  constructor(files: RunFiles, metadata: Record<string, string>, fs?: FileSystem) {
    this.#files = files;
    this.#metadata = metadata;
    this.#fs = fs;
  }

  /** Adds a line to the log. */
  async append(line: LogLine, step: number): Promise<void> {
    this.#logGrew = true;
    await this.written(appendLog(this.#files.log, [line], this.#fs), step);
  }

  /** Writes the checkpoint of its state's step. */
  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { step } = checkpoint.state;
    // Otherwise a power cut could leave a checkpoint of steps that the log has lost.
    if (this.#logGrew) await this.written(syncLog(this.#files.log, this.#fs), step);
    this.#logGrew = false;
    const { last } = this.#files;
    await this.written(writeCheckpoint(last, checkpoint, this.#metadata, this.#fs), step);
  }

  /** Writes the weights of a step as the best ones. */
  async saveBest(weights: Tensors, step: number): Promise<void> {
    const about = { ...this.#metadata, step: String(step) };
    await this.written(writeWeights(this.#files.best, weights, about, this.#fs), step);
  }

  /** A full disk ends the run, but not for good: the message says how it goes on. */
  async written(work: Promise<void>, step: number): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!isFault(error) || step === 0) throw error;
      const { folder } = this.#files;
      throw fault(Error, `${error.message}; continue with wsvad train --resume ${folder}`, {
        cause: error,
      });
    }
  }
}
