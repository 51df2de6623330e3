import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { cropMean } from "../../src/ops/crop_mean.ts";
import "../../src/ops/cpu/forms.ts";

const { backend } = await openCpu({ blas: "off" });
const SHAPE = [3, 7, 200, 1001]; // 16.8 MB
const values = Float32Array.from({ length: 3 * 7 * 200 * 1001 }, (_, i) => (i * 7919 % 10007) / 97);

Deno.test("HeapStorage leaves a large array with its owner until an operation asks for it on the heap", () => {
  const before = backend.budget.used;
  const x = tf.tensor(values, SHAPE);
  assertEquals(backend.hostFloats(x), values);
  assertEquals(backend.budget.used, before);
  const y = tf.neg(x);
  assertEquals(backend.hostFloats(x), null);
  assertEquals(backend.budget.used, before + 2 * values.byteLength);
  assertEquals(y.dataSync()[12345], -values[12345]);
  assertEquals(x.dataSync(), values);
  tf.dispose([x, y]);
  assertEquals(backend.budget.used, before);
});

Deno.test("HeapStorage counts the handles of a tensor on the host, and frees it with the last one", () => {
  const { numDataBuffers } = tf.memory(), held = backend.numDataIds();
  const x = tf.tensor(values, SHAPE);
  const view = tf.reshape(x, [-1, 1001]);
  assertEquals(backend.refCount(x.dataId), 2);
  x.dispose();
  assert(backend.hostFloats(view) !== null, "a view keeps it");
  assertEquals(view.dataSync(), values);
  view.dispose();
  const other = tf.tensor(values, SHAPE);
  other.dispose();
  assertEquals(backend.numDataIds(), held);
  assertEquals(tf.memory().numDataBuffers, numDataBuffers);
});

Deno.test("HeapStorage copies small arrays at once: their owner may write over them", () => {
  const small = Float32Array.of(1, 2, 3);
  const x = tf.tensor1d(small);
  small.fill(0);
  assertEquals([...x.dataSync()], [1, 2, 3]);
  x.dispose();
});

Deno.test("cropMean() of an array on the host gives the bits of the same on the heap, and leaves it there", () => {
  const onHost = tf.tensor(values, SHAPE), onHeap = tf.tensor(values, SHAPE);
  backend.address(onHeap);
  const [a, b] = [cropMean(onHost), cropMean(onHeap)];
  assert(backend.hostFloats(onHost) !== null && backend.hostFloats(onHeap) === null);
  assertEquals(a.dataSync(), b.dataSync());
  tf.dispose([onHost, onHeap, a, b]);
});

Deno.test("tensors whose placing makes the heap grow are read and written rightly, whatever asks for them", async () => {
  const size = 3 * 7 * 200 * 1001;
  const ballast: tf.Tensor[] = [];
  /** A tensor on the host, and a heap with no room for it. */
  const next = () => {
    const x = tf.tensor(values, [size]);
    while (backend.heap.buffer.byteLength - backend.budget.used > values.byteLength) {
      const more = tf.tensor(values, [size]);
      backend.address(more);
      ballast.push(more);
    }
    return x;
  };
  const asks: [string, (x: tf.Tensor) => tf.Tensor, (value: number, i: number) => number][] = [
    ["slice", (x) => tf.slice(x, [100], [size - 100]), (_, i) => values[i + 100]],
    ["add", (x) => tf.add(x, tf.ones([size])), (value) => value + 1],
    ["cast", (x) => tf.cast(x, "int32"), (value) => Math.trunc(value)],
    ["concat", (x) => tf.concat([tf.ones([1]), x]), (_, i) => i === 0 ? 1 : values[i - 1]],
    [
      "gather",
      (x) => tf.gather(x, tf.tensor1d([5, 70000], "int32")),
      (_, i) => values[[5, 70000][i]],
    ],
    ["overwrite", (x) => {
      backend.overwrite(x, new Float32Array(size).fill(7));
      return tf.clone(x);
    }, () => 7],
  ];
  const { numTensors } = tf.memory();
  for (const [name, ask, expected] of asks) {
    const x = next(), { buffer } = backend.heap;
    const y = tf.tidy(() => ask(x));
    assert(backend.heap.buffer !== buffer, `${name}: the heap grew`);
    const found = await y.data();
    for (let i = 0; i < found.length; i += 9973) {
      assertEquals(found[i], Math.fround(expected(values[i], i)), `${name} at ${i}`);
    }
    tf.dispose([x, y]);
  }
  tf.dispose(ballast);
  assertEquals(tf.memory().numTensors, numTensors);
});
