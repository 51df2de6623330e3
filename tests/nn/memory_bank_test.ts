import { memoryBank, type Recall } from "../../src/nn/memory_bank.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { bestMeanOf, dense, each, rowsOf, sigmoid, sumOf } from "../support/plain_layers.ts";

const C = 4;

/** sigmoid(x . slot / sqrt(C)) of every snippet and slot. */
const similarity = (of: Record<string, ArrayLike<number>>) =>
  each(
    dense(rowsOf(of.x, C), of["bank.memory_block"]),
    (product) => sigmoid(product / Math.sqrt(C)),
  );

const check = (
  slots: number,
  part: keyof Recall,
  formula: (of: Record<string, ArrayLike<number>>) => number[],
) =>
  checkPart(
    (scope) => {
      const recall = memoryBank(scope, "bank", slots, C);
      return ({ x }) => recall(x)[part];
    },
    { x: randomTensor([2, 1, 3, C], 9) },
    formula,
  );

onCpu("memoryBank() is as sure as its slots / 16 + 1 most similar slots are on average", () => {
  check(5, "activation", (of) => similarity(of).map((row) => bestMeanOf(row, 1)));
  check(17, "activation", (of) => similarity(of).map((row) => bestMeanOf(row, 2)));
});

onCpu("memoryBank() reads all slots, each by its similarity, which do not add up to 1", () => {
  check(5, "read", (of) => {
    const slots = rowsOf(of["bank.memory_block"], C);
    return similarity(of).flatMap((row) =>
      Array.from({ length: C }, (_, c) => sumOf(row.map((weight, s) => weight * slots[s][c])))
    );
  });
});
