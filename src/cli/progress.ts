/** Shows progress on stderr: a bar on a terminal, else a line now and then. */

import process from "node:process";
import { type Progress, type StepReport, WarningsAlone, WarningsOnce } from "../progress.ts";
import { printMessage, shown, shownInLine } from "./output.ts";

/**
 * Does work with its progress shown; the bar is closed also when the work fails.
 *
 * @param quiet shows warnings alone
 */
export async function withProgress<T>(
  { quiet = false }: { quiet?: boolean },
  action: (progress: Progress) => Promise<T>,
): Promise<T> {
  const shown = quiet ? new WarningsAlone(printMessage) : await openProgress();
  const progress = new WarningsOnce(shown);
  try {
    return await action(progress);
  } finally {
    progress.stop();
  }
}

/** A bar on a terminal, lines otherwise. */
async function openProgress(): Promise<Progress> {
  if (!Deno.stderr.isTerminal()) return new LineProgress(printMessage);
  const { default: bars } = await import("cli-progress");
  // The bar goes through a stream, whose error would end the process when the terminal is closed.
  process.stderr.on("error", () => {});
  return new BarProgress((format) =>
    new bars.MultiBar({
      format,
      // No handler of Ctrl-C: `withStop` has one.
      gracefulExit: false,
      emptyOnZero: true,
      // Wrapping stays on, since nothing would switch it on again after Ctrl-C;
      // so the bar must fit.
      linewrap: true,
      barsize: Math.max(4, Math.min(30, Deno.consoleSize().columns - 72)),
      barCompleteChar: "\u2588",
      barIncompleteChar: "\u2591",
    })
  );
}

/**
 * Steps per second over the last half minute. It counts from the first report on: what comes before
 * is the reading of data and the compiling of kernels.
 */
class Pace {
  #seen: { time: number; step: number }[] = [];

  add(time: number, step: number): void {
    this.#seen.push({ time, step });
    while (this.#seen.length > 2 && time - this.#seen[0].time > 30_000) this.#seen.shift();
  }

  /** Seconds that the remaining steps will take; undefined before two reports. */
  secondsLeft(total: number): number | undefined {
    const first = this.#seen[0];
    const last = this.#seen.at(-1);
    if (first === undefined || last === undefined || last.step === first.step) return undefined;
    return (last.time - first.time) / 1000 / (last.step - first.step) * (total - last.step);
  }
}

/** What a report tells, and what it leaves out as it was before. */
function latest(before: StepReport, now: StepReport): StepReport {
  return {
    step: now.step,
    doing: now.doing,
    secondsLeft: now.secondsLeft,
    loss: now.loss ?? before.loss,
    examplesPerSecond: now.examplesPerSecond ?? before.examplesPerSecond,
    framesPerSecond: now.framesPerSecond ?? before.framesPerSecond,
  };
}

/**
 * `loss 0.8123  512 examples/s  0:42 left`, what is known of it; or `loss 0.8123  evaluating 3/52`.
 */
function facts(
  { loss, examplesPerSecond, framesPerSecond, doing, secondsLeft: ofDoing }: StepReport,
  secondsLeft: number | undefined,
): string {
  const parts: string[] = [];
  if (loss !== undefined) parts.push(`loss ${loss.toPrecision(4)}`);
  if (framesPerSecond !== undefined) parts.push(`${framesPerSecond.toFixed(1)} frames/s`);
  if (doing !== undefined) {
    const left = ofDoing === undefined ? [] : [`${clock(ofDoing)} left`];
    return [...parts, doing, ...left].join("  ");
  }
  if (examplesPerSecond !== undefined) {
    parts.push(`${examplesPerSecond.toFixed(examplesPerSecond < 100 ? 1 : 0)} examples/s`);
  }
  if (secondsLeft !== undefined) parts.push(`${clock(secondsLeft)} left`);
  return parts.join("  ");
}

/** `0:42`, `12:05`, `3:07:00`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** A line at the first step, at the last, and every few seconds between. */
export class LineProgress implements Progress {
  #unit = "step";
  #total = 0;
  #lastLine = -Infinity;
  // Losses are read from the device only now and then; the last one stands until the next.
  #known: StepReport = { step: 0 };
  #pace = new Pace();

  constructor(
    readonly write: (line: string) => void,
    readonly now: () => number = () => performance.now(),
    readonly everyMs = 5000,
  ) {}

  start(total: number, done = 0, unit = "step"): void {
    this.#unit = unit;
    this.#total = total;
    this.#lastLine = -Infinity;
    this.#known = { step: done };
    this.#pace = new Pace();
  }

  step(report: StepReport): void {
    const time = this.now();
    this.#known = latest(this.#known, report);
    if (report.doing === undefined) this.#pace.add(time, report.step);
    const last = report.step >= this.#total && report.doing === undefined;
    if (time - this.#lastLine < this.everyMs && !last && !report.announce) return;
    this.#lastLine = time;
    const known = shownInLine(facts(this.#known, this.#pace.secondsLeft(this.#total)));
    this.write(`${this.#unit} ${report.step}/${this.#total}${known === "" ? "" : `  ${known}`}`);
  }

  note(text: string): void {
    this.write(text);
  }

  stop(): void {}
}

interface Bar {
  update(step: number, payload: { facts: string }): void;
}

interface Bars {
  create(total: number, done: number, payload: { facts: string }): Bar;
  log(text: string): void;
  update(): void;
  stop(): void;
}

/** Training seldom lets a timer run, so the bar is redrawn from the steps themselves. */
const REDRAW_MS = 100;

export class BarProgress implements Progress {
  #bars?: Bars;
  #bar?: Bar;
  #total = 0;
  #drawn = -Infinity; // the first report is drawn at once
  #known: StepReport = { step: 0 };
  #pace = new Pace();

  constructor(readonly open: (format: string) => Bars) {}

  start(total: number, done = 0): void {
    this.stop();
    this.#total = total;
    this.#known = { step: done };
    this.#pace = new Pace();
    this.#bars = this.open("{bar} {percentage}%  {value}/{total}  {facts}");
    this.#bar = this.#bars.create(total, done, { facts: "" });
  }

  step(report: StepReport): void {
    const time = performance.now();
    this.#known = latest(this.#known, report);
    if (report.doing === undefined) this.#pace.add(time, report.step);
    this.#bar?.update(report.step, {
      facts: shownInLine(facts(this.#known, this.#pace.secondsLeft(this.#total))),
    });
    if (time - this.#drawn < REDRAW_MS && !report.announce) return;
    this.#drawn = time;
    this.#bars?.update();
  }

  note(text: string): void {
    if (this.#bars === undefined) return printMessage(text);
    this.#bars.log(`${shown(text)}\n`);
    this.#bars.update();
  }

  stop(): void {
    this.#bars?.update();
    this.#bars?.stop();
    this.#bars = this.#bar = undefined;
  }
}
