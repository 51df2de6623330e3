import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { ReadBackRing } from "../../src/device/webgpu/read_back_ring.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

/** A test with a ring of four slots, which must give back all buffers and tensors. */
function onGpu(
  name: string,
  body: (ring: ReadBackRing, backend: WsvadWebGPUBackend) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    fn: () =>
      withDevice(async () => {
        const backend = tf.backend() as unknown as WsvadWebGPUBackend;
        const used = backend.bufferManager.getNumUsedBuffers();
        const ring = new ReadBackRing(backend, 4);
        await body(ring, backend);
        ring.dispose();
        assertEquals(backend.bufferManager.getNumUsedBuffers(), used, "buffers left behind");
      }, { device: "webgpu" }),
  });
}

/** Puts values that lie in a tensor which is gone at once. */
function put(ring: ReadBackRing, values: number[] | Float32Array): void {
  const tensor = tf.tensor1d(values);
  ring.put(tensor);
  tensor.dispose();
}

const arrays = (read: Float32Array[]) => read.map((values) => [...values]);

/** How often buffers are mapped for reading while `work` runs. */
async function mapsDuring(work: () => Promise<void>): Promise<number> {
  const { mapAsync } = GPUBuffer.prototype;
  let maps = 0;
  GPUBuffer.prototype.mapAsync = function (mode, ...range) {
    if (mode === GPUMapMode.READ) maps++;
    return mapAsync.call(this, mode, ...range);
  };
  try {
    await work();
  } finally {
    GPUBuffer.prototype.mapAsync = mapAsync;
  }
  return maps;
}

onGpu("ReadBackRing.read() gives every bit of all slots, in order, with one map", async (ring) => {
  const bits = [
    [0x7fc00001, 0x80000000, 0x7f800000], // a NaN of its own, -0, Infinity
    [0x00000001, 0xff7fffff, 0x3f800001],
    [0, 1, 2],
  ].map((row) => Uint32Array.from(row));
  const maps = await mapsDuring(async () => {
    for (const row of bits) put(ring, new Float32Array(row.buffer));
    const read = await ring.read();
    assertEquals(read.map((values) => new Uint32Array(Float32Array.from(values).buffer)), bits);
  });
  assertEquals(maps, 1);
});

onGpu(
  "ReadBackRing takes its slots again after a read, and what the tensor was at the put",
  async (ring) => {
    const changing = tf.tensor1d([0]);
    for (const count of [4, 1, 0, 3, 4]) {
      const wanted: number[][] = [];
      for (let i = 0; i < count; i++) {
        const value = 10 * count + i;
        overwrite(changing, Float32Array.of(value));
        ring.put(changing);
        wanted.push([value]);
      }
      overwrite(changing, Float32Array.of(-1));
      assertEquals(arrays(await ring.read()), wanted);
    }
    changing.dispose();
  },
);

onGpu(
  "ReadBackRing keeps the order over tensors of other sizes and over more than its slots",
  async (ring) => {
    for (const sizes of [[1, 1, 3, 3, 1], [2, 2, 2, 2, 2, 2, 2, 2, 2], [1], []]) {
      const rows = sizes.map((size, i) => Array.from({ length: size }, (_, j) => 10 * i + j));
      rows.forEach((row) => put(ring, row));
      assertEquals(arrays(await ring.read()), rows);
    }
    put(ring, [1, 2]); // not read before it is disposed
  },
);

onGpu(
  "ReadBackRing has the results of replays although the recording is gone before the read",
  async (ring, backend) => {
    const x = tf.tensor1d([1, 2]);
    overwrite(x, Float32Array.of(1, 2));
    const { result: y, recording } = backend.record(() => tf.mul(x, 3));
    if (typeof recording === "string") throw new Error(recording);
    ring.put(y);
    for (const values of [[5, 7], [-1, 0.5]]) {
      overwrite(x, Float32Array.from(values));
      backend.replay(recording, [y]);
      ring.put(y);
    }
    tf.dispose([x, y]);
    recording.dispose();
    assertEquals(arrays(await ring.read()), [[3, 6], [15, 21], [-3, 1.5]]);
  },
);
