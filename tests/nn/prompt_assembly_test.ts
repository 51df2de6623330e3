import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertThrows } from "@std/assert";
import { promptAssembly } from "../../src/nn/prompt_assembly.ts";
import type { PromptRow } from "../../src/text/prompts.ts";
import { onCpu } from "../support/on_cpu.ts";
import { shaped } from "../support/one_part.ts";

/** Start 0, a learned vector, word 3, end 1; and start, word 3, end. */
const rows: PromptRow[] = [
  { sources: [{ token: 0 }, { learned: 1 }, { token: 3 }, { token: 1 }], readOut: 3 },
  { sources: [{ token: 0 }, { token: 3 }, { token: 1 }], readOut: 2 },
];
const embedding = () => tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]);
const learned = () => tf.tensor2d([[-1, -2], [-3, -4]]);

onCpu(
  "promptAssembly() puts tokens and learned vectors in their places, zeros behind the end",
  () => {
    const { assemble } = promptAssembly(rows);
    const expected = [1, 2, -3, -4, 7, 8, 3, 4, /**/ 1, 2, 7, 8, 3, 4, 0, 0];
    assertEquals(shaped(assemble(embedding(), learned()), [2, 4, 2]), expected);
    const longer = promptAssembly(rows, 6).assemble(embedding(), learned());
    assertEquals(longer.shape, [2, 6, 2]);
    assertThrows(() => assemble(embedding()), TypeError, "no table of vectors");
  },
);

onCpu("promptAssembly() reads each row at its own end, and leads slopes back there", () => {
  const { assemble, read } = promptAssembly(rows);
  const x = tf.reshape(tf.range(0, 16), [2, 4, 2]);
  assertEquals(shaped(read(x), [2, 2]), [6, 7, 12, 13]);
  const slopes = tf.grad((x: tf.Tensor) => tf.sum(read(x)))(x);
  assertEquals([...slopes.dataSync()], [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]);
  const ofLearned = tf.grad((table: tf.Tensor) => tf.sum(assemble(embedding(), table)))(learned());
  assertEquals([...ofLearned.dataSync()], [0, 0, 1, 1]);
});
