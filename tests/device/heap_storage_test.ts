import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { cropMean } from "../../src/ops/crop_mean/op.ts";
import { tensorOfParts } from "../../src/ops/kernel/tensor_of_parts.ts";
import { loadForms } from "../../src/ops/operations.ts";

await loadForms("cpu");
const { backend } = await openCpu({ blas: "off" });
const SHAPE = [3, 7, 200, 1001]; // 16.8 MB
const values = Float32Array.from({ length: 3 * 7 * 200 * 1001 }, (_, i) => (i * 7919 % 10007) / 97);

Deno.test("HeapStorage leaves a large array with its owner until an operation asks for it on the heap", () => {
  const before = backend.budget.used;
  const x = tf.tensor(values, SHAPE);
  assertEquals(backend.hostFloats(x)?.parts, [values]);
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

const videos = [0, 1, 2].map((video) => values.slice(video * 1401400, (video + 1) * 1401400));

Deno.test("tensorOfParts() puts arrays one behind the other on the heap when an operation asks for it", () => {
  const { numTensors } = tf.memory(), before = backend.budget.used, held = backend.numDataIds();
  const x = tensorOfParts(videos, SHAPE)!;
  assertEquals(backend.budget.used, before);
  assertEquals(x.dataSync(), values);
  assertEquals(backend.hostFloats(x), null);
  const small = tensorOfParts([Float32Array.of(1, 2), Float32Array.of(3, 4)], [2, 2])!;
  assertEquals([...small.dataSync()], [1, 2, 3, 4]);
  tf.dispose([x, small]);
  assertEquals(backend.budget.used, before);
  assertEquals([tf.memory().numTensors, backend.numDataIds()], [numTensors, held]);
  assertThrows(() => tensorOfParts(videos, [3, 7]), TypeError, "into a tensor [3,7]");
});

Deno.test("cropMean() of videos that stay in memory has the bits of the whole batch, and is computed once", () => {
  const whole = tf.tidy(() => cropMean(tf.tensor(values, SHAPE)).dataSync());
  const { passes } = backend, { middleMean } = passes;
  let runs = 0;
  passes.middleMean = (...given) => (runs++, middleMean(...given));
  const meanOf = (parts: Float32Array[]) =>
    tf.tidy(() => cropMean(tensorOfParts(parts, SHAPE)!).dataSync());
  assertEquals(meanOf(videos), whole);
  const first = runs;
  assertEquals(meanOf(videos), whole);
  assertEquals(meanOf([videos[2], videos[0], videos[1]]).slice(0, 200200), whole.slice(400400));
  assertEquals(runs, first);
  assertEquals(meanOf([videos[0], videos[1], videos[2].slice()]), whole);
  assert(runs > first, "another array may hold other values");
  passes.middleMean = middleMean;
});
