import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import type { GpuRecording } from "../../src/device/webgpu/recording.ts";
import { ScoringReplays } from "../../src/score/scoring_replays.ts";
import { isFault } from "../../src/fault.ts";
import { hasAdapter } from "../support/gpu.ts";

const MIB = 2 ** 20;
const FLOATS = MIB / 4;

Deno.test({
  name: "recordings count against the GPU's budget, and keep their buffers however full it gets",
  ignore: !hasAdapter,
  async fn() {
    const { backend } = await openWebGPU({ gpuMemory: 12 * MIB });
    try {
      const x = tf.variable(tf.ones([FLOATS]));
      // x + 1, + 2, ... + 6: each in a buffer of the recording, which may use it again
      const work = () =>
        tf.keep(tf.tidy(() => [1, 2, 3].reduce<tf.Tensor>((y, i) => tf.add(y, i), x)));
      const before = backend.allocated.bytes;
      const { result: y, recording } = backend.record(work);
      const held = backend.allocated.bytes - before;
      assert(held >= 2 * MIB, `${held} bytes`);

      const beside = Math.floor((12 * MIB - backend.allocated.bytes) / MIB) - 1;
      const others = Array.from({ length: beside }, (_, i) => tf.fill([FLOATS], i));
      const error = assertThrows(() => backend.record(work), RangeError) as Error;
      assert(isFault(error) && error.message.includes("--gpu-memory"), error.message);
      assert(backend.allocated.bytes <= 12 * MIB);

      const two = tf.fill([FLOATS], 2);
      tf.dispose(others);
      backend.copyInto(two, x);
      backend.replay(recording as GpuRecording, [y]);
      assert((await y.data()).every((value) => value === 8));
      tf.dispose([x, y, two]);
      (recording as GpuRecording).dispose();
    } finally {
      tf.removeBackend("webgpu");
    }
  },
});

Deno.test({
  name: "a recording's buffers serve the same work done eagerly, and it takes no more",
  ignore: !hasAdapter,
  async fn() {
    const { backend } = await openWebGPU();
    try {
      const x = tf.variable(tf.ones([FLOATS]));
      const work = () => tf.tidy(() => tf.mul(tf.add(x, 1), tf.add(x, 2)));
      // x is on the GPU from here on: what comes there first in a recording is a constant of it
      work().dispose();
      const { result, recording } = backend.record(work);
      const { bytes } = backend.allocated;
      const again = backend.inBuffersOf(recording as GpuRecording, work);
      // its result, as the first one stays, and uniforms
      const more = backend.allocated.bytes - bytes;
      assert(more < 1.1 * MIB, `${more} bytes`);
      assertEquals((await again.data())[7], 6);
      // Other work leaves nothing behind that goes with the recording,
      // such as blocks of uniforms for its shapes.
      const other = () =>
        tf.tidy(() => tf.tile(tf.reshape(tf.slice(x, 0, 21), [7, 3, 1]), [1, 2, 5]));
      backend.inBuffersOf(recording as GpuRecording, other).dispose();
      (recording as GpuRecording).dispose();
      const after = other();
      assert((await after.data()).every((value) => value === 1));
      tf.dispose([x, result, again, after]);
    } finally {
      tf.removeBackend("webgpu");
    }
  },
});

Deno.test({
  name: "ScoringReplays lets its recordings go where videos of another length need their memory",
  ignore: !hasAdapter,
  async fn() {
    const { backend } = await openWebGPU({ gpuMemory: 12 * MIB });
    try {
      let reason = "";
      using replays = new ScoringReplays(backend, (why) => reason = why);
      const score = async (snippets: number) => {
        const values = new Float32Array(snippets * 256).fill(0.5);
        const { scores } = replays.run([1, 1, snippets, 256], values, [snippets], ({ video }) => ({
          scores: tf.sum(tf.tile(video, [1, 1, 1, 8]), 3), // eight times the video on the way
        }));
        assertEquals((await scores.data())[0], 8 * 256 * 0.5);
        scores.dispose();
        await replays.settle();
      };
      for (let i = 0; i < 5; i++) await score(500);
      assertEquals(replays.replayed > 0, true);
      assertEquals(reason, "");
      for (let i = 0; i < 4; i++) await score(1000); // 8 MiB beside the recording's 4
      assert(reason.includes("do not fit"), reason);
      assert(backend.allocated.peak <= 12 * MIB);
    } finally {
      tf.removeBackend("webgpu");
    }
  },
});

Deno.test({
  name: "ScoringReplays keeps its recordings for the next evaluation unless memory is limited",
  ignore: !hasAdapter,
  async fn() {
    for (const gpuMemory of [undefined, 64 * MIB]) {
      const { backend } = await openWebGPU({ gpuMemory });
      try {
        using replays = new ScoringReplays(backend, () => {});
        const evaluate = async () => {
          for (let i = 0; i < 5; i++) {
            const { y } = replays.run([1, 1, 1, 8], new Float32Array(8), [1], ({ video }) => ({
              y: tf.add(video, 1),
            }));
            y.dispose();
            await replays.settle();
          }
          replays.rest();
        };
        await evaluate();
        assertEquals(replays.replayed, 2); // two eager, one recorded, one both ways
        await evaluate();
        assertEquals(replays.replayed, gpuMemory === undefined ? 7 : 4);
      } finally {
        tf.removeBackend("webgpu");
      }
    }
  },
});

/** A backend of 12 MiB, and a variable of one on the GPU. */
async function withBackend(body: (backend: WsvadWebGPUBackend, x: tf.Tensor) => Promise<void>) {
  const { backend } = await openWebGPU({ gpuMemory: 12 * MIB });
  try {
    const x = tf.variable(tf.ones([FLOATS]));
    tf.mul(x, 2).dispose();
    await body(backend, x);
  } finally {
    tf.removeBackend("webgpu");
  }
}

Deno.test({
  name: "work of more uniform blocks than are kept is not recorded, and says so",
  ignore: !hasAdapter,
  fn: () =>
    withBackend(async (backend, x) => {
      const work = () => {
        const first = tf.tidy(() => tf.slice(x, 7, 3));
        for (let i = 0; i < 8200; i++) backend.makeUniforms([{ type: "uint32", data: [i] }]);
        return first;
      };
      const { bytes } = backend.allocated;
      const { result, recording } = backend.record(work);
      assertEquals(recording, "it has more than 8192 uniform blocks, all of which must stay");
      assertEquals([...await result.data()], [1, 1, 1]);
      result.dispose();
      await backend.synchronise();
      assert(backend.allocated.bytes <= bytes, "what it made is given back");
    }),
});

Deno.test({
  name:
    "recorded work that fails, or eager work in a recording's buffers, leaves no command behind",
  ignore: !hasAdapter,
  fn: () =>
    withBackend(async (backend, x) => {
      const { result, recording } = backend.record(() => tf.keep(tf.tidy(() => tf.add(x, 1))));
      const failing = () =>
        tf.tidy(() => {
          tf.add(tf.mul(x, 3), x);
          throw new RangeError("on the way");
        });
      assertThrows(() => backend.inBuffersOf(recording as GpuRecording, failing), RangeError);
      assertEquals(backend.commandEncoder, null);
      assertThrows(() => backend.record(failing), RangeError);
      assertEquals(backend.commandEncoder, null);
      backend.replay(recording as GpuRecording, [result]);
      assert((await result.data()).every((value) => value === 2));
      result.dispose();
      (recording as GpuRecording).dispose();
    }),
});
