/** Frames per second of an extraction, and how long the rest will take. */

/** The first seconds tell nothing of the pace: kernels are compiled in them. */
const FIRST_SECONDS = 2;

/** It counts from the first report on: ffmpeg starts before. */
export class Pace {
  #start: number | undefined;

  constructor(readonly now: () => number = () => performance.now()) {}

  /** @param done of `all`, in any unit; the rest is taken to go as fast */
  of(
    frames: number,
    done: number,
    all: number | null,
  ): { secondsLeft?: number; framesPerSecond?: number } {
    const seconds = (this.now() - (this.#start ??= this.now())) / 1000;
    if (seconds < FIRST_SECONDS) return {};
    return {
      framesPerSecond: frames > 0 ? frames / seconds : undefined,
      secondsLeft: done > 0 && all !== null
        ? Math.max(0, seconds / done * (all - done))
        : undefined,
    };
  }
}
