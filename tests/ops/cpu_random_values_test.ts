import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { dropout, uniform } from "../../src/ops/random_values/op.ts";
import { Random, splitSeed } from "../../src/random.ts";
import { onCpu, randomTensor, valuesOf } from "../support/on_cpu.ts";

function stateOf(seed: number, step: number): tf.Tensor {
  return tf.tensor1d(Int32Array.of(...splitSeed(seed), step, 0), "int32");
}

onCpu("uniform() on the cpu draws the numbers of Random, for every length around 32", () => {
  // a stream and a seed with high bits set: signed arithmetic would show
  for (const [seed, stream, step] of [[0, 0, 0], [12345678901234, 0xFFFFFFF1, 7]]) {
    for (const count of [1, 3, 4, 5, 15, 16, 31, 32, 33, 131]) {
      const random = new Random(seed, stream, step);
      const expected = Float32Array.from({ length: count }, () => random.uniform());
      assertEquals(uniform(stateOf(seed, step), [count], stream).dataSync(), expected);
    }
  }
});

onCpu(
  "dropout() on the cpu keeps what Random keeps, scales it, and repeats the mask backwards",
  () => {
    for (const rate of [0.1, 0.5, 0.6, 0.7]) {
      for (const count of [1, 6, 32, 61]) {
        const x = randomTensor([count], 1), state = stateOf(9, 3);
        const random = new Random(9, 5, 3);
        const scale = Math.fround(1 / (1 - rate));
        const mask = Float32Array.from(
          { length: count },
          () => random.uniform() >= rate ? scale : 0,
        );
        const values = x.dataSync();
        const expected = mask.map((factor, i) => factor ? Math.fround(values[i] * factor) : 0);
        assertEquals(dropout(x, { rate, state, stream: 5 }).dataSync().slice(), expected);
        const gradient = tf.grad((x) => dropout(x, { rate, state, stream: 5 }))(
          x,
          tf.ones([count]),
        );
        assertEquals(gradient.dataSync().slice(), mask);
      }
    }
  },
);

onCpu("dropout() on the cpu drops NaN and infinity that the mask drops", () => {
  const state = stateOf(1, 0), count = 64;
  const dropped = dropout(tf.ones([count]), { rate: 0.5, state, stream: 0 }).dataSync();
  const y = dropout(tf.fill([count], NaN), { rate: 0.5, state, stream: 0 }).dataSync();
  dropped.forEach((kept, i) => assertEquals(Number.isNaN(y[i]), kept !== 0));
});

onCpu("dropout() on the cpu keeps about 1 - rate, differently in every step and stream", () => {
  const x = tf.ones([10000]);
  const kept = (step: number, stream: number) => {
    const y = valuesOf(dropout(x, { rate: 0.7, state: stateOf(2, step), stream }));
    return y.map((value) => value ? 1 : 0);
  };
  const share = kept(0, 0).reduce((sum, value) => sum + value, 0) / 10000;
  assert(Math.abs(share - 0.3) < 0.02, `${share}`); // four standard deviations
  for (const other of [kept(1, 0), kept(0, 1)]) assert(String(other) !== String(kept(0, 0)));
});
