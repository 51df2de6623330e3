import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Context, Scope } from "../../src/contract/slot.ts";
import { nonLocalBlock } from "../../src/nn/non_local.ts";
import { assertClose, assertSameBits, onCpu, randomTensor } from "../support/on_cpu.ts";

const NAMES = { value: "g", query: "theta", key: "phi", out: "W.0", norm: "W.1" };
const CHANNELS = 6, INNER = 3;

/** A scope whose parameters are random, running statistics those of a norm that does nothing. */
function scopeOf(parameters: Map<string, tf.Tensor>): Scope {
  const parameter = (name: string, shape: number[]) => {
    const value = /running/.test(name)
      ? (name.endsWith("var") ? tf.ones(shape) : tf.zeros(shape))
      : randomTensor(shape, parameters.size + 1);
    parameters.set(name.replace("block.", ""), value);
    return value as unknown as tf.Variable;
  };
  return {
    parameter,
    buffer: parameter,
    unused() {},
    guardSqrt: false,
    stream: () => 0,
  } as unknown as Scope;
}

/**
 * The official order in double loops: every snippet with all, divided by T, no softmax; norm
 * without batch.
 */
function reference(u: tf.Tensor, parameters: Map<string, tf.Tensor>, epsilon: number): number[] {
  const [R, T, C] = u.shape as [number, number, number];
  const of = (name: string) => parameters.get(name)!.dataSync();
  const x = u.dataSync(), y: number[] = [];
  for (let r = 0; r < R; r++) {
    const project = (part: string) =>
      Array.from({ length: T }, (_, t) =>
        Array.from({ length: INNER }, (_, o) => {
          let sum = of(`${part}.bias`)[o];
          for (let c = 0; c < C; c++) {
            sum += of(`${part}.weight`)[o * C + c] * x[(r * T + t) * C + c];
          }
          return sum;
        }));
    const [query, key, value] = ["theta", "phi", "g"].map(project);
    for (let t = 0; t < T; t++) {
      const read = Array.from({ length: INNER }, () => 0);
      for (let s = 0; s < T; s++) {
        const affinity = query[t].reduce((sum, q, i) => sum + q * key[s][i], 0) / T;
        value[s].forEach((v, i) => read[i] += affinity * v);
      }
      for (let c = 0; c < C; c++) {
        let sum = of("W.0.bias")[c];
        for (let i = 0; i < INNER; i++) sum += of("W.0.weight")[c * INNER + i] * read[i];
        const scale = of("W.1.weight")[c] / Math.sqrt(1 + epsilon);
        y.push(x[(r * T + t) * C + c] + sum * scale + of("W.1.bias")[c]);
      }
    }
  }
  return y;
}

onCpu("nonLocalBlock() lets every snippet attend to all, in either order of the products", () => {
  const epsilon = 1e-5, context = { mode: "eval" } as Context;
  for (const keysFirst of [false, true]) {
    const parameters = new Map<string, tf.Tensor>();
    const options = { epsilon, momentum: 0.1, keysFirst };
    const block = nonLocalBlock(scopeOf(parameters), "block", NAMES, CHANNELS, options);
    for (const T of [1, 2, 3, 61]) {
      const u = randomTensor([2, T, CHANNELS], T);
      const y = block(u, context);
      assertEquals(y.shape, u.shape);
      assertClose(y, reference(u, parameters, epsilon), 1e-6);
      assertSameBits(() => block(u, context));
    }
  }
});
