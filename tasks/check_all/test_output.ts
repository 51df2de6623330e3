/** What the lines of `deno test` say: numbers of tests, those ignored, the time of each file. */

import { stripVTControlCharacters } from "node:util";

const secondsOfUnit: Record<string, number> = { m: 60, s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 };

/** Deno's "1m2s" or "34ms", in seconds. */
function secondsOf(duration: string): number {
  let seconds = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+)(ms|µs|ns|m|s)/g)) {
    seconds += Number(count) * secondsOfUnit[unit];
  }
  return seconds;
}

export class TestOutput {
  passed = 0;
  failed = 0;
  readonly ignored: string[] = [];
  readonly #seconds = new Map<string, number>();

  /** Reads one line of output, in colours or without. */
  read(coloured: string): void {
    const line = stripVTControlCharacters(coloured);
    const [, ignored] = /^(.*) \.\.\. ignored \(/.exec(line) ?? [];
    if (ignored !== undefined) this.ignored.push(ignored);
    const [, file, test, duration] = /^(\S+) => (.*) \.\.\. (?:ok|FAILED) \((\w+)\)$/.exec(line) ??
      [];
    // The time of a test holds that of its steps, whose lines are "test ... step".
    if (duration !== undefined && !test.includes(" ... ")) {
      this.#seconds.set(file, (this.#seconds.get(file) ?? 0) + secondsOf(duration));
    }
    const summary = /^(?:ok|FAILED) \| (\d+) passed\b.*? \| (\d+) failed\b/.exec(line);
    if (!summary) return;
    this.passed = Number(summary[1]);
    this.failed = Number(summary[2]);
  }

  /** Files by the seconds of their tests, the slowest first. */
  slowest(count: number): [file: string, seconds: number][] {
    return [...this.#seconds].sort(([, a], [, b]) => b - a).slice(0, count);
  }
}
