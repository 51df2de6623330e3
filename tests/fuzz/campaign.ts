/**
 * What every reader promises for any bytes at all: it reads them or refuses them by a fault, within
 * a second of processor time, and gives no more than twice the file and a constant.
 */

import { assert } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { fileReaders } from "./file_readers.ts";
import { damaged } from "./mutations.ts";
import { tensorReaders } from "./tensor_readers.ts";
import { textReaders } from "./text_readers.ts";

/** A reader, and files that it reads, to be damaged. */
export interface Trial {
  seeds(): Promise<Uint8Array[]>;
  /** Bytes of what it gives; what it refuses it throws. */
  read(bytes: Uint8Array, folder: string): Promise<number>;
}

export interface Campaign {
  /** Damaged files at most. */
  runs: number;
  /** Absent: another one each time. */
  seed?: number;
  /** Ends earlier after that time. */
  milliseconds?: number;
}

export interface CampaignReport {
  seed: number;
  ran: number;
  /** Files that were read; the others were refused. */
  read: number;
  /** Processor time of the thread. */
  seconds: number;
  /** Of one file, in ms of processor time. */
  slowest: number;
  /** By how much the process grew at most, in bytes. */
  grown: number;
}

/** What the constant beside the file's own size may be, in bytes. */
const CONSTANT = 20 * 2 ** 20;
const LONGEST = 1000; // ms
/** How often the memory of the process is looked at. */
const LOOK_EVERY = 500;

let number = 0;

export const trials: Record<string, Trial> = {
  ...tensorReaders,
  ...Object.fromEntries(
    Object.entries(fileReaders).map(([name, { ending, seeds, read }]) => [
      name,
      {
        seeds,
        async read(bytes, folder) {
          // A name of its own each: readers keep what they know of a path.
          const path = join(folder, `Abuse${number++}_x264.${ending}`);
          await Deno.writeFile(path, bytes);
          try {
            return await read(path, bytes.length);
          } finally {
            await Deno.remove(path);
          }
        },
      } satisfies Trial,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(textReaders).map(([name, { seeds, read }]) => [
      name,
      {
        seeds: () => Promise.resolve(seeds.map((text) => new TextEncoder().encode(text))),
        read(bytes) {
          read(new TextDecoder().decode(bytes));
          return Promise.resolve(0);
        },
      } satisfies Trial,
    ]),
  ),
};

/** Gives a reader damaged files; throws with the smallest file found that breaks its promise. */
export async function runCampaign(trial: Trial, campaign: Campaign): Promise<CampaignReport> {
  const { runs, seed = Math.floor(Math.random() * 2 ** 31), milliseconds } = campaign;
  const folder = await Deno.makeTempDir({ prefix: "wsvad_fuzz_" });
  const files = await trial.seeds();
  for (const file of files) await attempt(trial, file, folder);
  const report = { seed, ran: 0, read: 0, seconds: 0, slowest: 0, grown: 0 };
  const memoryBefore = Deno.memoryUsage().rss, begin = threadSeconds();
  try {
    await fc.assert(
      fc.asyncProperty(damaged(files), async (bytes) => {
        const start = threadSeconds();
        if (await attempt(trial, bytes, folder)) report.read++;
        const took = 1000 * (threadSeconds() - start);
        report.slowest = Math.max(report.slowest, took);
        assert(took < LONGEST, `it took ${took} ms`);
        if (report.ran++ % LOOK_EVERY === 0) {
          report.grown = Math.max(report.grown, Deno.memoryUsage().rss - memoryBefore);
        }
      }),
      { numRuns: runs, seed, interruptAfterTimeLimit: milliseconds },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  report.seconds = threadSeconds() - begin;
  return report;
}

/** Whether the file was read; false where it was refused. */
async function attempt(trial: Trial, bytes: Uint8Array, folder: string): Promise<boolean> {
  try {
    const given = await trial.read(bytes, folder);
    assert(given <= 2 * bytes.length + CONSTANT, `${given} bytes of ${bytes.length}`);
    return true;
  } catch (error) {
    assert(isFault(error), (error as Error).stack);
    return false;
  }
}
