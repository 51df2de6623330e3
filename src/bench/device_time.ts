/**
 * How long work takes on a device, without what waiting takes by itself: Deno asks a GPU whether it
 * is done after a sleep of 10 ms, in which a card does what one kernel has to do a thousand times.
 */

import * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { median, secondsOf } from "./measure.ts";

export interface Repetition {
  /** Measurements, of which the middle counts. */
  repeats: number;
  /** A measurement lasts at least this long: as many runs as it takes. */
  secondsEach: number;
}

export interface TimedWork {
  run(): void;
  /** Variables that it gives other tensors, in its own place: no other work may read them. */
  assigned?: tf.Variable[];
}

/** Runs of a measurement at most: shorter work than this allows is measured less exactly. */
const MOST_RUNS = 10_000;
/** Dispatches that are handed over at once at most: their commands wait in memory. */
const MOST_DISPATCHES = 20_000;
const WAITS = 5;

/**
 * Seconds that waiting for the device takes when it has nothing to do; the least of some, so that
 * work is never said to take less than it does.
 */
export async function waitingSeconds(device: Device): Promise<number> {
  await device.synchronise();
  let least = Infinity;
  for (let i = 0; i < WAITS; i++) {
    least = Math.min(least, await secondsOf(() => device.synchronise()));
  }
  return least;
}

/**
 * Median seconds of one run, of each work; measured in turn, after runs that compile. Where the
 * device records, runs are replays that are handed over together, all encoded before the clock
 * starts, so that a short kernel is not measured by the time that its JavaScript takes.
 *
 * @throws what the device reported
 */
export async function mediansOf(
  device: Device,
  works: TimedWork[],
  { repeats, secondsEach }: Repetition,
): Promise<number[]> {
  const waiting = await waitingSeconds(device);
  const timed = async ({ prepare }: Prepared, runs: number) => {
    const start = prepare(runs);
    const seconds = await secondsOf(async () => {
      start();
      await device.synchronise();
    });
    return Math.max(seconds - waiting, 1e-6);
  };
  const plans: { work: Prepared; runs: number; seconds: number[] }[] = [];
  try {
    for (const each of works) {
      const work = await prepared(device, each);
      const plan = { work, runs: 1, seconds: [] };
      plans.push(plan);
      // Of two, the shorter: other work on the machine can make one run last long enough.
      const shorter = async () =>
        Math.min(await timed(work, plan.runs), await timed(work, plan.runs));
      for (let took = await shorter(); took < secondsEach && plan.runs < work.most;) {
        const wanted = plan.runs * Math.min(10, Math.max(2, 1.2 * secondsEach / took));
        plan.runs = Math.min(work.most, Math.ceil(wanted));
        took = await shorter();
      }
    }
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { work, runs, seconds } of plans) seconds.push(await timed(work, runs) / runs);
    }
    device.assertHealthy();
    return plans.map(({ seconds }) => median(seconds));
  } finally {
    for (const { work } of plans) work.dispose();
  }
}

interface Prepared {
  /** Gets so many runs ready; what it gives back starts them. */
  prepare(runs: number): () => void;
  most: number;
  dispose(): void;
}

async function prepared(
  device: Device,
  { run, assigned = [] }: TimedWork,
): Promise<Prepared> {
  const once = () => tf.tidy(run);
  once(); // compiles, and puts the inputs on the device
  await device.synchronise();
  const { recorder } = device;
  // A replay reads what the variables held when it was recorded.
  const read = recorder ? assigned.map((variable) => tf.clone(variable)) : [];
  const recording = recorder?.record(once).recording;
  if (recorder && typeof recording === "object" && recording.size > 0) {
    return {
      prepare: (runs) => recorder.prepare(recording, runs),
      most: Math.max(1, Math.min(MOST_RUNS, Math.floor(MOST_DISPATCHES / recording.size))),
      dispose() {
        recording.dispose();
        tf.dispose(read);
      },
    };
  }
  tf.dispose(read);
  const prepare = (runs: number) => () => {
    for (let i = 0; i < runs; i++) once();
  };
  return { prepare, most: MOST_RUNS, dispose: () => {} };
}
