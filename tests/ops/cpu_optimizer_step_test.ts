import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { HYPER, HYPER_LENGTH, optimizerStep, stableStep } from "../../src/ops/optimizer_step/op.ts";
import { assertClose, onCpu, randomTensor } from "../support/on_cpu.ts";

type Kernel = Parameters<typeof optimizerStep>[0];

const rules: {
  /** Null: the two kernels of StableAdamW. */
  kernel: Kernel | null;
  states: string[];
  attributes: Record<string, unknown>;
}[] = [
  { kernel: null, states: ["m", "v", "largest"], attributes: { stable: true } },
  { kernel: "WsvadAdam", states: ["m", "v"], attributes: { decoupled: false } },
  { kernel: "WsvadAdam", states: ["m", "v"], attributes: { decoupled: true } },
  { kernel: "WsvadAdagrad", states: ["accumulator"], attributes: {} },
  { kernel: "WsvadSgd", states: ["velocity"], attributes: {} },
];

function hyperOf(step: number): tf.Tensor {
  const hyper = new Float32Array(HYPER_LENGTH);
  hyper[HYPER.lr] = 0.01 / (1 - 0.9 ** step);
  hyper[HYPER.beta1] = 0.9;
  hyper[HYPER.oneMinusBeta1] = 1 - 0.9;
  hyper[HYPER.beta2] = 0.999;
  hyper[HYPER.oneMinusBeta2] = 1 - 0.999;
  hyper[HYPER.epsilon] = 1e-8;
  hyper[HYPER.weightDecay] = 0.3;
  hyper[HYPER.rootCorrection2] = Math.sqrt(1 - 0.999 ** step);
  hyper[HYPER.momentum] = 0.8;
  return tf.tensor1d(hyper);
}

/** Parameter and state after three updates. */
function threeSteps(
  { kernel, states, attributes }: typeof rules[number],
  count: number,
): Float32Array[] {
  const variables = Object.fromEntries(
    ["parameter", ...states].map((name, i) => [
      name,
      tf.variable(i === 0 ? randomTensor([count], 1) : tf.zeros([count])),
    ]),
  );
  const scale = tf.tensor1d([0.5]);
  for (let step = 1; step <= 3; step++) {
    const gradient = randomTensor([count], 10 + step);
    const inputs = { gradient, hyper: hyperOf(step), scale };
    if (kernel === null) stableStep(variables, inputs);
    else optimizerStep(kernel, variables, inputs, attributes);
  }
  const result = Object.values(variables).map((variable) =>
    variable.dataSync().slice() as Float32Array
  );
  Object.values(variables).forEach((variable) => variable.dispose());
  return result;
}

for (const rule of rules) {
  const name = `${rule.kernel ?? "StableAdamW"} ${JSON.stringify(rule.attributes)}`;

  onCpu(`${name} on the cpu gives the bits of the composed form, at every length around 4`, () => {
    for (const count of [1, 2, 3, 4, 5, 7, 64, 1001]) {
      assertEquals(threeSteps(rule, count), withComposedForms(() => threeSteps(rule, count)));
    }
  });

  onCpu(`${name} on the cpu writes in place: the parameter keeps its memory`, (backend) => {
    const variables = Object.fromEntries(
      ["parameter", ...rule.states].map((key) => [key, tf.variable(tf.ones([5]))]),
    );
    const addresses = () => Object.values(variables).map((variable) => backend.address(variable));
    const before = addresses();
    const inputs = { gradient: tf.ones([5]), hyper: hyperOf(1), scale: tf.tensor1d([1]) };
    if (rule.kernel === null) stableStep(variables, inputs);
    else optimizerStep(rule.kernel, variables, inputs, rule.attributes);
    assertEquals(addresses(), before);
    Object.values(variables).forEach((variable) => variable.dispose());
  });
}

onCpu("WsvadAdam on the cpu follows PyTorch's torch.optim.Adam and AdamW", () => {
  // torch 1.13, lr 0.1, betas (0.9, 0.999), eps 1e-8, weight_decay 0.3,
  // two steps with gradient [1, -2, 0.5]
  const expected = {
    adam: [0.800067663192749, 2.199937582015991, -2.800278902053833],
    adamw: [0.7439000606536865, 2.0787999629974365, -3.019700050354004],
  };
  for (const decoupled of [false, true]) {
    const variables = {
      parameter: tf.variable(tf.tensor1d([1, 2, -3])),
      m: tf.variable(tf.zeros([3])),
      v: tf.variable(tf.zeros([3])),
    };
    for (let step = 1; step <= 2; step++) {
      const hyper = hyperOf(step).dataSync().slice();
      hyper[HYPER.lr] = 0.1 / (1 - 0.9 ** step);
      hyper[HYPER.weightDecay] = decoupled ? 1 - 0.1 * 0.3 : 0.3;
      const inputs = {
        gradient: tf.tensor1d([1, -2, 0.5]),
        hyper: tf.tensor1d(hyper),
        scale: tf.ones([1]),
      };
      optimizerStep("WsvadAdam", variables, inputs, { decoupled });
    }
    assertClose(variables.parameter, expected[decoupled ? "adamw" : "adam"], 1e-6);
    Object.values(variables).forEach((variable) => variable.dispose());
  }
});
