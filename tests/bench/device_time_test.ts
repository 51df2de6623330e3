import { assert, assertEquals } from "@std/assert";
import { mediansOf, waitingSeconds } from "../../src/bench/device_time.ts";
import type { Device } from "../../src/device/device.ts";
import type { Recording } from "../../src/device/recorder.ts";

/** Milliseconds, as those of a card: its waiting is far longer than a kernel. */
const WAITING = 12, ENCODING = 30;

interface Counts {
  eager: number;
  replays: number[];
  disposed: number;
}

/** Milliseconds of the clock that {@link onPlayedClock} puts in place of the machine's. */
let now = 0;

/** Runs with a clock that only a played device moves: other work on the machine does not show. */
async function onPlayedClock(test: () => Promise<void>): Promise<void> {
  const real = performance.now;
  performance.now = () => now;
  try {
    await test();
  } finally {
    performance.now = real;
  }
}

/** A device that works on its own while JavaScript goes on; a run takes `each` milliseconds. */
function playedDevice(each: number, size: number): { device: Device; counts: Counts } {
  let busyUntil = 0;
  const counts: Counts = { eager: 0, replays: [], disposed: 0 };
  const recording: Recording = { size, bytes: 0, dispose: () => counts.disposed++ };
  const device = {
    recorder: {
      record: (work: () => unknown) => {
        counts.eager++;
        return { result: work(), recording: size > 0 ? recording : "it cannot be" };
      },
      prepare: (_: Recording, runs: number) => {
        now += ENCODING;
        return () => {
          counts.replays.push(runs);
          busyUntil = now + runs * each;
        };
      },
    },
    synchronise() {
      now = Math.max(now, busyUntil) + WAITING;
      return Promise.resolve();
    },
    assertHealthy() {},
  } as unknown as Device;
  return { device, counts };
}

Deno.test("mediansOf() counts neither what waiting takes nor what encoding takes", () =>
  onPlayedClock(async () => {
    const { device, counts } = playedDevice(0.05, 1);
    const [seconds] = await mediansOf(device, [{ run() {} }], { repeats: 3, secondsEach: 0.04 });
    assert(Math.abs(seconds - 0.05e-3) < 1e-9, `${seconds} s`);
    assert(Math.max(...counts.replays) > 100, `${counts.replays}`);
    assertEquals(counts.disposed, 1);
    assert(Math.abs(await waitingSeconds(device) - WAITING / 1000) < 1e-9);
  }));

Deno.test("mediansOf() is not misled by a wait that takes far longer than others", () =>
  onPlayedClock(async () => {
    const { device } = playedDevice(0.05, 1);
    const { synchronise } = device;
    let waits = 0;
    device.synchronise = async () => {
      // That of the first measured run, and two of those that tell what waiting takes.
      if ([3, 4, 7].includes(waits++)) now += 60;
      await synchronise();
    };
    const [seconds] = await mediansOf(device, [{ run() {} }], { repeats: 3, secondsEach: 0.04 });
    assert(Math.abs(seconds - 0.05e-3) < 1e-9, `${seconds} s`);
  }));

Deno.test("mediansOf() hands over no more commands at once than memory is meant for", () =>
  onPlayedClock(async () => {
    const { device, counts } = playedDevice(0.0001, 9_000);
    await mediansOf(device, [{ run() {} }], { repeats: 1, secondsEach: 10 });
    assertEquals(Math.max(...counts.replays), 2); // of 20,000 dispatches
  }));

Deno.test("mediansOf() runs work that cannot be recorded as it is", async () => {
  const { device, counts } = playedDevice(1, 0);
  let runs = 0;
  const [seconds] = await mediansOf(device, [{ run: () => void runs++ }], {
    repeats: 1,
    secondsEach: 0,
  });
  assertEquals([runs > 2, counts.replays, counts.disposed], [true, [], 0]);
  assert(seconds > 0);
});
