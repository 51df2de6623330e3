/** What a line of the log says of the steps since the last one. */

import type { LogLine } from "../run_folder/log.ts";
import type { StepRecord } from "../run_folder/trainer_state.ts";

/**
 * Mean loss and terms of steps, at the place of the last of them.
 *
 * @param weights of the loss terms: each term is logged times its weight
 */
export function stepsLine(
  records: StepRecord[],
  weights: ReadonlyMap<string, number>,
  place: { seconds: number; memoryPeakBytes: number },
): LogLine {
  const mean = (of: (record: StepRecord) => number) =>
    records.reduce((sum, record) => sum + of(record), 0) / records.length;
  const { step, epoch, lr, terms } = records.at(-1)!;
  return {
    kind: "step",
    step,
    epoch,
    loss: mean(({ loss }) => loss),
    terms: Object.fromEntries(
      Object.keys(terms).map((name) => [
        name,
        mean(({ terms }) => (weights.get(name) ?? 1) * terms[name]),
      ]),
    ),
    weighted: true,
    lr,
    seconds: place.seconds,
    memory_peak_bytes: place.memoryPeakBytes,
  };
}

/** Times what lies between two lines. */
export class LapClock {
  #start: number;

  constructor(readonly now: () => number = () => performance.now()) {
    this.#start = now();
  }

  /** Seconds since the last call, to the millisecond. */
  lap(): number {
    const now = this.now();
    const seconds = (now - this.#start) / 1000;
    this.#start = now;
    return Number(seconds.toFixed(3));
  }
}
