import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { OptimizerConfig } from "../../src/config/schema/index.ts";
import { isFault } from "../../src/fault.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { Random } from "../../src/random.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { Optimizer, stateBytes, stateCopies } from "../../src/train/optimizer.ts";
import { withDevice } from "../support/with_device.ts";

const SIZES = { "fc1.weight": [3, 5], "fc1.bias": [3] };
const SCALE = 0.75;
const STEPS = 10;

/** Weights and, for each step, gradients: the same each time. */
function store(): ParameterStore {
  const parameters = new ParameterStore(7);
  for (const [name, shape] of Object.entries(SIZES)) {
    const uniform = (shape: number[], random: Random) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform() - 0.5);
    parameters.add(name, shape, uniform, true);
  }
  return parameters;
}

function gradientAt(step: number, name: string, size: number): Float32Array {
  const random = new Random(3, name, step);
  return Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

const rate = (step: number) => 0.05 / step; // a schedule: the rate of every step counts

function makeSteps(optimizer: Optimizer, parameters: ParameterStore, from: number, to: number) {
  for (let step = from; step <= to; step++) {
    tf.tidy(() => {
      const gradients = new Map(
        parameters.trained().map(({ name, shape, variable }) => [
          name,
          tf.tensor(gradientAt(step, name, variable.size), shape),
        ]),
      );
      optimizer.prepare(rate(step));
      optimizer.apply(gradients, tf.tensor1d([SCALE]));
    });
  }
}

type Rule = (w: number, g: number, state: number[], lr: number, step: number) => number;

/** One number at a time in double precision, as torch.optim documents its algorithms. */
const RULES: [OptimizerConfig, Rule][] = [
  [
    { name: "adam", lr: 1, weight_decay: 0.3, betas: [0.8, 0.95], eps: 1e-3 },
    (w, g, s, lr, step) => {
      g += 0.3 * w;
      s[0] = 0.8 * (s[0] ?? 0) + 0.2 * g;
      s[1] = 0.95 * (s[1] ?? 0) + 0.05 * g * g;
      const [m, v] = [s[0] / (1 - 0.8 ** step), s[1] / (1 - 0.95 ** step)];
      return w - lr * m / (Math.sqrt(v) + 1e-3);
    },
  ],
  [
    { name: "adamw", lr: 1, weight_decay: 0.3, betas: [0.8, 0.95], eps: 1e-3 },
    (w, g, s, lr, step) => {
      w -= lr * 0.3 * w;
      s[0] = 0.8 * (s[0] ?? 0) + 0.2 * g;
      s[1] = 0.95 * (s[1] ?? 0) + 0.05 * g * g;
      const [m, v] = [s[0] / (1 - 0.8 ** step), s[1] / (1 - 0.95 ** step)];
      return w - lr * m / (Math.sqrt(v) + 1e-3);
    },
  ],
  [
    { name: "sgd", lr: 1, weight_decay: 0.3, momentum: 0.9 },
    (w, g, s, lr) => {
      g += 0.3 * w;
      s[0] = s[0] === undefined ? g : 0.9 * s[0] + g;
      return w - lr * s[0];
    },
  ],
  [
    { name: "adagrad", lr: 1, weight_decay: 0.3, eps: 1e-3 },
    (w, g, s, lr) => {
      g += 0.3 * w;
      s[0] = (s[0] ?? 0) + g * g;
      return w - lr * g / (Math.sqrt(s[0]) + 1e-3);
    },
  ],
];

for (const [config, rule] of RULES) {
  Deno.test(`Optimizer makes ten steps of ${config.name} by PyTorch's formula`, () =>
    withDevice(async () => {
      const parameters = store();
      const expected = new Map(
        [...await parameters.read()].map(([name, { data }]) => [name, Float64Array.from(data)]),
      );
      const optimizer = new Optimizer(config, parameters);
      makeSteps(optimizer, parameters, 1, STEPS);
      for (const [name, values] of expected) {
        values.forEach((start, i) => {
          const state: number[] = [];
          let w = start;
          for (let step = 1; step <= STEPS; step++) {
            const g = SCALE * gradientAt(step, name, values.length)[i];
            w = rule(w, g, state, rate(step), step);
          }
          values[i] = w;
        });
      }
      for (const [name, { data }] of await parameters.read()) {
        // float32 against double over ten steps of weights around 1
        data.forEach((w, i) => assertAlmostEquals(w, expected.get(name)![i], 2e-6, `${name} ${i}`));
      }
      optimizer.dispose();
      parameters.dispose();
    }));

  Deno.test(`Optimizer continues ${config.name} bit for bit from the state that it gave`, () =>
    withDevice(async () => {
      const [whole, halves] = [store(), store()];
      const optimizer = new Optimizer(config, whole);
      makeSteps(optimizer, whole, 1, STEPS);
      const before = new Optimizer(config, halves);
      makeSteps(before, halves, 1, 4);
      const state = await before.read();
      const after = new Optimizer(config, halves);
      after.restore(state, before.steps);
      makeSteps(after, halves, 5, STEPS);
      assertEquals(await halves.read(), await whole.read());
      assertEquals(await after.read(), await optimizer.read());
      for (const one of [optimizer, before, after, whole, halves]) one.dispose();
    }));
}

Deno.test("Optimizer leaves a parameter without a gradient alone, decay and all", () =>
  withDevice(async () => {
    const parameters = store();
    const before = await parameters.read();
    const optimizer = new Optimizer(RULES[1][0], parameters);
    tf.tidy(() => {
      optimizer.prepare(0.1);
      optimizer.apply(new Map([["fc1.bias", tf.ones([3])]]), tf.tensor1d([1]));
    });
    const after = await parameters.read();
    assertEquals(after.get("fc1.weight"), before.get("fc1.weight"));
    assertEquals(
      after.get("fc1.bias")!.data.every((w, i) => w < before.get("fc1.bias")!.data[i]),
      true,
    );
    optimizer.dispose();
    parameters.dispose();
  }));

Deno.test("Optimizer.restore() refuses the state of another optimiser or model", () =>
  withDevice(async () => {
    const parameters = store();
    const [sgd, adam] = [
      new Optimizer(RULES[2][0], parameters),
      new Optimizer(RULES[0][0], parameters),
    ];
    const error = assertThrows(() => adam.restore(new Map(), 1), TypeError, '"m/fc1.weight"');
    assertEquals(isFault(error), true);
    const state = await sgd.read();
    state.get("velocity/fc1.weight")!.shape = [5, 3];
    assertThrows(
      () => sgd.restore(state, 1),
      TypeError,
      '"velocity/fc1.weight" is missing or of another shape',
    );
    for (const one of [sgd, adam, parameters]) one.dispose();
  }));

Deno.test("Optimizer makes ten steps of stable_adamw, whose rate falls where the gradient is large", () =>
  withDevice(async () => {
    const config: OptimizerConfig = {
      name: "stable_adamw",
      lr: 1,
      weight_decay: 0.3,
      betas: [0.8, 0.95],
      eps: 1e-3,
    };
    const parameters = store();
    const start = await parameters.read();
    const optimizer = new Optimizer(config, parameters);
    makeSteps(optimizer, parameters, 1, STEPS);
    const after = await parameters.read();
    let fell = 0;
    for (const [name, { data }] of start) {
      const w = Float64Array.from(data), n = w.length;
      const [m, v, largest] = [0, 1, 2].map(() => new Float64Array(n));
      for (let step = 1; step <= STEPS; step++) {
        const g = Float64Array.from(gradientAt(step, name, n), (value) => SCALE * value);
        const divisors = g.map((g, i) => {
          m[i] = 0.8 * m[i] + 0.2 * g;
          v[i] = 0.95 * v[i] + 0.05 * g * g;
          largest[i] = Math.max(largest[i], v[i]);
          return Math.sqrt(largest[i]) / Math.sqrt(1 - 0.95 ** step) + 1e-3;
        });
        const mean = g.reduce((sum, g, i) => sum + (g / divisors[i]) ** 2, 0) / n;
        if (mean > 1) fell++;
        const lr = rate(step) / (1 - 0.8 ** step) / Math.max(1, Math.sqrt(mean));
        w.forEach((value, i) => {
          w[i] = value * (1 - rate(step) * 0.3) - lr * m[i] / divisors[i];
        });
      }
      after.get(name)!.data.forEach((value, i) =>
        assertAlmostEquals(value, w[i], 2e-6, `${name} ${i}`)
      );
    }
    assertEquals(fell > 0, true, "the rate never fell");
    optimizer.dispose();
    parameters.dispose();
  }));

Deno.test("Optimizer gives a group its own rule, rate and state, and continues both bit for bit", () =>
  withDevice(async () => {
    const main = RULES[1][0];
    const group = {
      parameters: "fc1.b",
      optimizer: {
        name: "stable_adamw" as const,
        lr: 1,
        weight_decay: 0.1,
        betas: [0.9, 0.999] as [number, number],
        eps: 1e-8,
      },
    };
    const stepsOf = (
      optimizer: Optimizer,
      parameters: ParameterStore,
      from: number,
      to: number,
    ) => {
      const prepare = optimizer.prepare.bind(optimizer);
      optimizer.prepare = (lr) => prepare([lr as number, 0.02]);
      makeSteps(optimizer, parameters, from, to);
    };
    const [whole, halves, plain] = [store(), store(), store()];
    const optimizer = new Optimizer(main, whole, [group]);
    stepsOf(optimizer, whole, 1, STEPS);
    assertEquals([...(await optimizer.read()).keys()].sort(), [
      "largest/fc1.bias",
      "m/fc1.bias",
      "m/fc1.weight",
      "v/fc1.bias",
      "v/fc1.weight",
    ]);
    const alone = new Optimizer(main, plain);
    makeSteps(alone, plain, 1, STEPS);
    const [together, apart] = [await whole.read(), await plain.read()];
    assertEquals(together.get("fc1.weight"), apart.get("fc1.weight"));
    assertEquals(
      String(together.get("fc1.bias")!.data) === String(apart.get("fc1.bias")!.data),
      false,
    );
    const before = new Optimizer(main, halves, [group]);
    stepsOf(before, halves, 1, 4);
    const after = new Optimizer(main, halves, [group]);
    after.restore(await before.read(), before.steps);
    stepsOf(after, halves, 5, STEPS);
    assertEquals(await halves.read(), together);
    for (const one of [optimizer, alone, before, after, whole, halves, plain]) one.dispose();
  }));

for (const name of ["adam", "adamw", "stable_adamw", "adagrad", "sgd"]) {
  Deno.test(`stateBytes() is what ${name} keeps for the parameters, beside one of a group`, () =>
    withDevice(() => {
      const parameters = store();
      const { runner } = resolveConfig({ catalog: registry, overrides: ["runner=mil"] });
      const of = (name: string) => ({ ...runner.optimizer, name }) as OptimizerConfig;
      const { schedule } = runner;
      const group = { name: "bias", parameters: "fc1.bias", optimizer: of("sgd"), schedule };
      const recipe = { optimizer: of(name), optimizer_groups: [group] };
      const optimizer = new Optimizer(recipe.optimizer, parameters, recipe.optimizer_groups);
      const kept = optimizer.variables().reduce((sum, { size }) => sum + 4 * size, 0);
      assertEquals(stateBytes(recipe, parameters), kept);
      assertEquals(stateCopies(recipe), (kept - 4 * 3) / (4 * 15)); // of the weight's
      optimizer.dispose();
      parameters.dispose();
    }));
}
