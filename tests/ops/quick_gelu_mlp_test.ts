import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { quickGeluMlp, wideLimit } from "../../src/ops/quick_gelu_mlp/op.ts";
import { quickGeluMlpReference } from "../../src/ops/quick_gelu_mlp/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  onEitherEngine,
  randomTensor,
} from "../support/on_cpu.ts";

const SIZES: [number, number, number, number][] = [[1, 1, 1, 1], [5, 3, 7, 2], [37, 6, 13, 5]];

function inputsOf([M, I, H, O]: [number, number, number, number]): tf.Tensor[] {
  return [[M, I], [H, I], [H], [O, H], [O]].map((shape, i) => randomTensor(shape, i + 1));
}

function mlp(...[x, wide, wideBias, narrow, narrowBias]: tf.Tensor[]): tf.Tensor {
  return quickGeluMlp(x, { wide, wideBias, narrow, narrowBias });
}

/** Runs a body with few wide rows at once. */
function inPieces(body: () => void): void {
  const { entries } = wideLimit;
  wideLimit.entries = 40;
  try {
    body();
  } finally {
    wideLimit.entries = entries;
  }
}

onEitherEngine("quickGeluMlp() agrees with plain loops, value and gradient, also in pieces", () => {
  for (const sizes of SIZES) {
    const inputs = inputsOf(sizes);
    const reference = (...[x, w, wb, n, nb]: ArrayLike<number>[]) =>
      quickGeluMlpReference(x, w, wb, n, nb, sizes);
    const check = () => {
      const values = inputs.map((x) => x.dataSync());
      assertClose(mlp(...inputs), reference(...values), 2e-6);
      assertGradient(mlp, inputs, reference, 5e-6);
    };
    check();
    inPieces(check);
    inPieces(() => withComposedForms(check));
  }
});

onCpu("quickGeluMlp() with frozen weights gives the same gradient of its input", () => {
  const inputs = inputsOf([9, 4, 6, 3]);
  const [x, wide, wideBias, narrow, narrowBias] = inputs;
  const slope = (trained: boolean) =>
    tf.grad((x) => tf.sum(quickGeluMlp(x, { wide, wideBias, narrow, narrowBias }, { trained })))(x)
      .dataSync();
  assertEquals(slope(false), slope(true));
});

onCpu("quickGeluMlp() gives the same bits in two runs", () => {
  const inputs = inputsOf([19, 5, 11, 3]);
  assertSameBits(() => [mlp(...inputs), ...tf.grads((...x) => tf.sum(mlp(...x)))(inputs)]);
});
