/**
 * `trainer.precision=16-mixed`: products round their operands to half precision in forward and
 * backward pass, everything else stays single; the loss is scaled so that small gradients survive.
 */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Device } from "../device/device.ts";
import { endScaledStep, FIRST_SCALE } from "../ops/loss_scale/op.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";

/** Name of its state among the optimiser's in a checkpoint. */
const STATE_KEY = "loss_scale/state";

type Stored = Map<string, { shape: number[]; data: Float32Array }>;

/**
 * Half precision where the configuration asks for it and the device has it.
 *
 * @param note told where it does not have it
 */
export function mixedPrecision(
  { precision }: Pick<ResolvedConfig["trainer"], "precision">,
  device: Device,
  note: (text: string) => void,
): MixedPrecision | null {
  if (precision === 32) return null;
  if (device.setHalfProducts) return new MixedPrecision(device.setHalfProducts);
  note(
    `trainer.precision=16-mixed needs a GPU with shader-f16, which ${device.name} does not have: computing in single precision`,
  );
  return null;
}

export class MixedPrecision {
  /** [3]: the scale, steps since it last changed, steps skipped so far. */
  readonly state: tf.Variable;
  readonly #setHalfProducts: (on: boolean) => void;

  /** @param setHalfProducts the device's own, see {@link Device} */
  constructor(setHalfProducts: NonNullable<Device["setHalfProducts"]>) {
    this.#setHalfProducts = setHalfProducts;
    const start = tf.tensor1d([FIRST_SCALE, 0, 0]);
    this.state = tf.variable(start, false);
    start.dispose();
  }

  /** Does the work with products in half precision. */
  within<T>(work: () => T): T {
    this.#setHalfProducts(true);
    try {
      return work();
    } finally {
      this.#setHalfProducts(false);
    }
  }

  /** The loss whose gradients are taken. */
  scaled(loss: tf.Scalar): tf.Scalar {
    return tf.mul(loss, tf.reshape(tf.slice(this.state, 0, 1), []));
  }

  /**
   * What the gradients are multiplied by, and their sums of squares without the scale; moves the
   * scale.
   */
  end(squares: tf.Tensor, clipNorm: number | null): { factor: tf.Tensor; seen: tf.Tensor } {
    return endScaledStep(this.state, squares, clipNorm);
  }

  /** Steps whose update was skipped since training began, because gradients overflowed. */
  async skipped(): Promise<number> {
    return (await this.state.data())[2];
  }

  /** Adds what a checkpoint must hold. */
  async read(into: Stored): Promise<void> {
    into.set(STATE_KEY, { shape: [3], data: Float32Array.from(await this.state.data()) });
  }

  /** Takes what {@link read} gave; a checkpoint of a run in single precision has none. */
  restore(stored: Stored): void {
    const state = stored.get(STATE_KEY);
    if (state) overwrite(this.state, state.data);
  }

  dispose(): void {
    this.state.dispose();
  }
}
