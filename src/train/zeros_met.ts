/**
 * Which roots, norms and divisions met 0 in a pass: what a loss or gradient of NaN mostly comes
 * from.
 */

import * as tf from "@tensorflow/tfjs";
import type { ZeroAt } from "../contract/slot.ts";

/** A divisor that was 0 in `times` of its elements. */
export interface ZeroMet {
  place: string;
  times: number;
}

/**
 * Runs a forward pass that tells of its divisors, and gives those that were 0, in the order of the
 * pass.
 */
export async function zerosMet(forward: (zeroAt: ZeroAt) => void): Promise<ZeroMet[]> {
  const seen: { place: string; count: tf.Tensor }[] = [];
  try {
    tf.tidy(() =>
      forward((place, divisor) => {
        const count = tf.tidy(() => tf.sum(tf.cast(tf.equal(divisor(), 0), "float32")));
        seen.push({ place, count: tf.keep(count) });
      })
    );
    const met: ZeroMet[] = [];
    for (const { place, count } of seen) {
      const [times] = await count.data();
      if (times > 0) met.push({ place, times });
    }
    return met;
  } finally {
    tf.dispose(seen.map(({ count }) => count));
  }
}

/** The first of them as part of a message. */
export function zerosText([first, ...others]: ZeroMet[]): string {
  if (first === undefined) return "no root, norm or division met 0";
  const { place, times } = first;
  const more = others.length === 0
    ? ""
    : `, and ${others.length} other place${others.length === 1 ? "" : "s"} met 0`;
  return `${place}${
    times === 1 ? "" : `, ${times} times`
  }${more}: runner.guard_sqrt=true gives finite gradients there`;
}
