/**
 * Watches losses and gradients for values that are not finite, and hands the losses to the log: at
 * each step where reading is free, through a ring buffer of several steps on a GPU.
 */

import * as tf from "@tensorflow/tfjs";
import type { ReadBack, Recorder } from "../device/recorder.ts";
import { fault } from "../fault.ts";
import type { StepRecord } from "../run_folder/trainer_state.ts";
import type { Pass } from "./step.ts";

/** Where a step stands. */
export interface StepPlace {
  step: number;
  epoch: number;
  lr: number;
}

/** What the numbers of a pass are, in their order after the loss. */
export interface PassNames {
  terms: string[];
  parameters: string[];
}

export function namesOf({ terms, gradients }: Pass): PassNames {
  return { terms: [...terms.keys()], parameters: [...gradients.keys()] };
}

/** Loss, terms and each gradient's sum of squares in one tensor [1 + terms + parameters]. */
export function numbersOf({ loss, terms }: Pass, squares: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    tf.concat([...[loss, ...terms.values()].map((scalar) => tf.reshape(scalar, [1])), squares])
  );
}

/** Steps whose numbers are read together where a read waits for the device. */
const SLOTS_ON_DEVICE = 10;

/** For tensors that lie in the host's memory. */
function readOnHost(): ReadBack {
  let waiting: Float32Array[] = [];
  const take = () => {
    const taken = waiting;
    waiting = [];
    return taken;
  };
  return {
    put: (numbers) => waiting.push(Float32Array.from(numbers.dataSync())),
    read: () => Promise.resolve(take()),
    dispose: take,
  };
}

interface Noted extends StepPlace {
  names: PassNames;
}

export class Watch {
  /** Steps that are read together. */
  readonly slots: number;
  readonly #waiting: ReadBack;
  #noted: Noted[] = [];

  /** @param recorder the device's; null where tensors lie in the host's memory */
  constructor(recorder: Recorder | null) {
    this.slots = recorder ? SLOTS_ON_DEVICE : 1;
    this.#waiting = recorder ? recorder.readBack(SLOTS_ON_DEVICE) : readOnHost();
  }

  /** Notes a step. All tensors stay the caller's. */
  add(at: StepPlace, pass: Pass, squares: tf.Tensor): void {
    const numbers = numbersOf(pass, squares);
    this.addNumbers(at, namesOf(pass), numbers);
    numbers.dispose();
  }

  /** The same for numbers that {@link numbersOf} made, as they are now. */
  addNumbers(at: StepPlace, names: PassNames, numbers: tf.Tensor): void {
    this.#waiting.put(numbers);
    this.#noted.push({ ...at, names });
  }

  /** Steps that are not read yet. */
  get size(): number {
    return this.#noted.length;
  }

  /** Whether as many steps wait as are read together. */
  get full(): boolean {
    return this.#noted.length >= this.slots;
  }

  /**
   * Reads all noted steps, in order.
   *
   * @param explain says more of a step whose numbers are not finite
   * @throws fault at the first step with a loss or gradient that is not finite, naming step, term
   *     and parameter
   */
  async flush(explain?: (step: number) => Promise<string | null>): Promise<StepRecord[]> {
    const noted = this.#noted;
    this.#noted = [];
    const read = await this.#waiting.read();
    const records: StepRecord[] = [];
    for (const [i, { step, epoch, lr, names }] of noted.entries()) {
      const [loss, ...rest] = read[i];
      const terms = Object.fromEntries(names.terms.map((name, t) => [name, rest[t]]));
      const squares = rest.slice(names.terms.length);
      const parameters = names.parameters.filter((_, p) => !Number.isFinite(squares[p]));
      const found = notFinite(loss, terms, parameters);
      if (found.length > 0) {
        const why = await explain?.(step) ?? null;
        throw diverged(step, [...found, ...(why === null ? [] : [why])].join("; "));
      }
      records.push({ step, epoch, lr, loss, terms });
    }
    return records;
  }

  dispose(): void {
    this.#waiting.dispose();
    this.#noted = [];
  }
}

/** What of a step is not finite, in words. */
function notFinite(loss: number, terms: Record<string, number>, parameters: string[]): string[] {
  const broken = Object.entries(terms).filter(([, value]) => !Number.isFinite(value));
  const found: string[] = [];
  if (broken.length) {
    found.push(`loss term ${broken.map(([name, value]) => `"${name}" is ${value}`).join(", ")}`);
  } else if (!Number.isFinite(loss)) {
    found.push(`the loss is ${loss} although every term is finite`);
  }
  if (parameters.length) {
    const more = parameters.length > 1 ? ` and of ${parameters.length - 1} more` : "";
    found.push(`the gradient of "${parameters[0]}"${more} is not finite`);
  }
  return found;
}

/**
 * Checks what is about to be kept: an update can overflow although its gradient is finite.
 *
 * @param tensors weights and optimiser state by name, after `step`
 * @throws fault naming step and tensor
 */
export function requireFiniteState(
  step: number,
  tensors: Map<string, { data: Float32Array }>,
): void {
  for (const [name, { data }] of tensors) {
    // x - x is 0 for every finite x and NaN for the others.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
    if (sum !== 0) throw diverged(step, `"${name}" is not finite after the update`);
  }
}

function diverged(step: number, found: string): Error {
  return fault(
    RangeError,
    `Training stopped at step ${step}: ${found}; the last checkpoint is intact; try a smaller runner.optimizer.lr or runner.grad_clip_norm=1, and look at the scale of the features`,
  );
}
