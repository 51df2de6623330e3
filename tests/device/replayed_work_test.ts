import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import type { Recorder, Recording } from "../../src/device/recorder.ts";
import { ReplayedWork } from "../../src/device/replayed_work.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { moveRunning } from "../../src/ops/running_average/op.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

function onGpu(name: string, body: (recorder: Recorder) => Promise<void>): void {
  const fn = () => withDevice(({ recorder }) => body(recorder!), { device: "webgpu" });
  Deno.test({ name, ignore: !hasAdapter, fn });
}

Deno.test("the cpu device has no recorder", () =>
  withDevice(({ recorder }) => assertEquals(recorder, null)));

/**
 * Work that moves a running mean half way to x, and gives 2 x; `calls` counts how often tfjs ran
 * it.
 */
function halving(recorder: Recorder, factor = (): number => 2) {
  const [x, mean] = [0, 1].map(() => tf.tidy(() => tf.variable(tf.zeros([2]))));
  const work = new ReplayedWork<{ y: tf.Tensor }>(recorder, { written: () => [mean] });
  const seen = { calls: 0 };
  const run = async (value: number) => {
    overwrite(x, Float32Array.of(value, 1));
    const { outputs: { y }, kept } = work.run(() => {
      seen.calls++;
      moveRunning(mean, x, 0.5, 0.5);
      return { y: tf.mul(x, factor()) };
    });
    await work.settle();
    const found = [...await y.data(), ...await mean.data()];
    if (!kept) y.dispose();
    return found;
  };
  const dispose = () => {
    work.dispose();
    tf.dispose([x, mean]);
  };
  return { work, run, seen, dispose };
}

onGpu(
  "ReplayedWork runs twice as always, records, runs both ways from one state, and replays",
  async (recorder) => {
    const { work, run, seen, dispose } = halving(recorder);
    let mean = [0, 0];
    for (let i = 1; i <= 7; i++) {
      mean = [(mean[0] + i) / 2, (mean[1] + 1) / 2];
      assertEquals(await run(i), [2 * i, 2, ...mean], `run ${i}`);
    }
    assertEquals([seen.calls, work.replays, work.obstacle], [4, 4, null]);
    assertEquals(work.bytes > 0 && work.dispatches! > 0, true);
    dispose();
  },
);

onGpu("prepare() hands over so many replays at once", async (recorder) => {
  const mean = tf.tidy(() => tf.variable(tf.zeros([1]))), x = tf.ones([1]);
  await x.data();
  const { recording } = recorder.record(() => moveRunning(mean, x, 0.5, 0.5));
  const start = recorder.prepare(recording as Recording, 3);
  start();
  assertEquals([...await mean.data()], [1 - 0.5 ** 4]);
  (recording as Recording).dispose();
  tf.dispose([mean, x]);
});

onGpu(
  "ReplayedWork stays eager, and says why, where a replay gives other numbers",
  async (recorder) => {
    let factor = 0;
    const { work, run, seen, dispose } = halving(recorder, () => ++factor);
    let mean = 0;
    for (let i = 1; i <= 6; i++) {
      mean = (mean + i) / 2;
      const [y, , first] = await run(i);
      assertEquals([y, first], [i * factor, mean], `run ${i}`);
    }
    assertEquals(seen.calls, 6);
    assertEquals(work.obstacle, "a replay gave other numbers than the same work done eagerly");
    assertEquals([work.dispatches, work.bytes], [null, 0]);
    dispose();
  },
);
