/**
 * How long work tells that it goes on; the command line shows it as a bar or as lines on stderr.
 */

/** What is known after a step. */
export interface StepReport {
  /** Steps done. */
  step: number;
  /** Mean loss of the steps since the last report; absent where the work has none. */
  loss?: number;
  /** Videos per second, over the last seconds. */
  examplesPerSecond?: number;
  /** Frames of video per second, since the start. */
  framesPerSecond?: number;
  /** What goes on after the step, where that takes long: "evaluating 12/290". */
  doing?: string;
  /** Seconds that what goes on will still take. */
  secondsLeft?: number;
  /** Nothing may be told for minutes from here on: to be shown at once. */
  announce?: boolean;
}

export interface Progress {
  /**
   * Opens the display.
   *
   * @param total steps that the work takes
   * @param done steps that were done before: a resumed run
   * @param unit what a step is
   */
  start(total: number, done?: number, unit?: "step" | "video" | "MB"): void;
  step(report: StepReport): void;
  /** One line for the reader: an evaluation, a warning. Stays above the bar. */
  note(text: string): void;
  /** Closes the display; notes may still follow. */
  stop(): void;
}

/** Tells how much is done of work that has no bar: things of a kind, of how many where known. */
export type Tell = (what: string, done: number, total?: number) => void;

/** Notes work that takes long: a line once it has lasted, and then one as often. */
export function tellSlow(
  progress: Pick<Progress, "note">,
  { now = () => performance.now(), everyMs = 5000 } = {},
): Tell {
  let last = now();
  return (what, done, total) => {
    const time = now();
    if (time - last < everyMs) return;
    last = time;
    progress.note(`${what} ${done}${total === undefined ? "" : `/${total}`}`);
  };
}

const WARNING = "warning: ";

/** Tells a warning on a line of its own. */
export function warn(progress: Progress, warning: string): void {
  progress.note(`${WARNING}${warning}`);
}

/**
 * Passes everything on, each warning once: of the cells of a matrix every one has those of its
 * data.
 */
export class WarningsOnce implements Progress {
  readonly #told = new Set<string>();

  constructor(readonly progress: Progress) {}

  start(total: number, done?: number, unit?: "step" | "video" | "MB"): void {
    this.progress.start(total, done, unit);
  }

  step(report: StepReport): void {
    this.progress.step(report);
  }

  note(text: string): void {
    if (text.startsWith(WARNING)) {
      if (this.#told.has(text)) return;
      this.#told.add(text);
    }
    this.progress.note(text);
  }

  stop(): void {
    this.progress.stop();
  }
}

/** Shows nothing but warnings. */
export class WarningsAlone implements Progress {
  constructor(readonly write: (line: string) => void) {}

  start(): void {}
  step(): void {}
  stop(): void {}

  note(text: string): void {
    if (text.startsWith(WARNING)) this.write(text);
  }
}

/** Shows nothing. */
export const silent: Progress = { start() {}, step() {}, note() {}, stop() {} };
