/** From swept settings to the combinations that a row of a matrix is trained with. */

import { type Interval, isSwept, type Sweep } from "../config/sweep_grammar.ts";
import { fault } from "../fault.ts";
import { Random } from "../random.ts";

/** A random search. */
export interface RandomSearch {
  /** Combinations of each row. */
  budget: number;
  seed: number;
}

/** More combinations than this are a slip. */
const MOST = 100_000;
/** Draws that were there already, one after the other, before all are taken as found. */
const PATIENCE = 1000;

/**
 * The values of all swept settings, one list of overrides for each combination; the last setting
 * changes fastest. With a random search, `budget` combinations that differ, or all where there are
 * fewer. A setting's draws depend on the seed, its key and their place alone: a larger budget keeps
 * the first of them, and rows share them.
 *
 * @throws fault: too many; an interval without a random search
 */
export function combinations(sweeps: readonly Sweep[], search: RandomSearch | null): string[][] {
  const swept = sweeps.filter(isSwept);
  if (search !== null && swept.length > 0) return drawn(swept, search);
  const count = swept.reduce((product, sweep) => product * listOf(sweep).length, 1);
  if (count > MOST) {
    throw fault(
      RangeError,
      `Cannot make a matrix of ${count} combinations: at most ${MOST} can be; draw some of them with --random N`,
    );
  }
  return swept.reduce<string[][]>(
    (rows, sweep) => rows.flatMap((row) => listOf(sweep).map((value) => [...row, value])),
    [[]],
  );
}

function listOf({ text, key, values }: Sweep): string[] {
  if (Array.isArray(values)) return values.map((value) => `${key}=${value}`);
  throw fault(
    RangeError,
    `Cannot take all values of "${text}": an interval has no end of them; add --random N, and N are drawn`,
  );
}

function drawn(sweeps: readonly Sweep[], { budget, seed }: RandomSearch): string[][] {
  const sources = sweeps.map(({ key }) => new Random(seed, `random search of ${key}`));
  const found = new Map<string, string[]>();
  for (let idle = 0; found.size < budget && idle < PATIENCE; idle++) {
    const row = sweeps.map(({ key, values }, i) =>
      `${key}=${
        Array.isArray(values)
          ? values[sources[i].integer(values.length)]
          : between(values, sources[i].uniform())
      }`
    );
    const name = JSON.stringify(row);
    if (found.has(name)) continue;
    found.set(name, row);
    idle = -1;
  }
  return [...found.values()];
}

/** @param share in [0, 1) */
function between({ low, high, log, whole }: Interval, share: number): number {
  const end = whole ? high + 1 : high;
  const value = log ? low * (end / low) ** share : low + (end - low) * share;
  // Digits that a paper would give; more say nothing of a drawn value.
  return whole ? Math.min(Math.floor(value), high) : Number(value.toPrecision(4));
}
