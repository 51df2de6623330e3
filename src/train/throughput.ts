/** Videos a second since a run, or its continuation, made its first step. */
export class Throughput {
  readonly #videosPerStep: number;
  #from: { time: number; step: number } | undefined;

  constructor(videosPerStep: number, readonly now: () => number = () => performance.now()) {
    this.#videosPerStep = videosPerStep;
  }

  /** After `step` steps; undefined at the first call. */
  at(step: number): number | undefined {
    const now = this.now();
    const { time, step: first } = this.#from ??= { time: now, step };
    if (step === first) return undefined;
    return (step - first) * this.#videosPerStep / ((now - time) / 1000);
  }
}
