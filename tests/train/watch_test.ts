import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { requireFiniteState, Watch } from "../../src/train/watch.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

/** Notes a step of a loss, its two terms, and the gradients' sums of squares of two parameters. */
function add(
  watch: Watch,
  step: number,
  { loss = 1, hinge = 2, sparsity = 3, squares = [4, 5] } = {},
): void {
  const pass = {
    loss: tf.scalar(loss),
    terms: new Map([["hinge", tf.scalar(hinge)], ["sparsity", tf.scalar(sparsity)]]),
    gradients: new Map<string, tf.Tensor>([["fc1.weight", tf.ones([2])], [
      "fc1.bias",
      tf.ones([1]),
    ]]),
  };
  const sums = tf.tensor1d(squares);
  watch.add({ step, epoch: 0, lr: 0.5 }, pass, sums);
  tf.dispose([sums, pass.loss, ...pass.terms.values(), ...pass.gradients.values()]);
}

Deno.test("Watch.flush() gives the steps noted since the last time, in order", () =>
  withDevice(async ({ recorder }) => {
    const watch = new Watch(recorder);
    add(watch, 1, { loss: 8, hinge: 0.5 });
    add(watch, 2, {});
    assertEquals(watch.size, 2);
    assertEquals(await watch.flush(), [
      { step: 1, epoch: 0, lr: 0.5, loss: 8, terms: { hinge: 0.5, sparsity: 3 } },
      { step: 2, epoch: 0, lr: 0.5, loss: 1, terms: { hinge: 2, sparsity: 3 } },
    ]);
    assertEquals([watch.size, await watch.flush()], [0, []]);
  }));

for (const { kind, together } of [{ kind: "cpu", together: 1 }, { kind: "webgpu", together: 10 }]) {
  Deno.test({
    name: `Watch is full at ${together} steps on the ${kind} device`,
    ignore: kind === "webgpu" && !hasAdapter,
    fn: () =>
      withDevice(async ({ recorder }) => {
        const watch = new Watch(recorder);
        for (let step = 1; step <= together; step++) {
          assertEquals(watch.full, false);
          add(watch, step, { loss: step });
        }
        assertEquals(watch.full, true);
        const losses = (await watch.flush()).map(({ loss }) => loss);
        assertEquals(losses, Array.from({ length: together }, (_, i) => i + 1));
        assertEquals(watch.full, false);
        watch.dispose();
      }, { device: kind as "cpu" | "webgpu" }),
  });
}

const BROKEN: [what: string, numbers: Parameters<typeof add>[2], message: string][] = [
  [
    "a term that is NaN",
    { loss: NaN, hinge: NaN, squares: [NaN, NaN] },
    `stopped at step 2: loss term "hinge" is NaN; the gradient of "fc1.weight" and of 1 more is not finite; `,
  ],
  [
    "two terms that overflow",
    { loss: NaN, hinge: Infinity, sparsity: -Infinity },
    `stopped at step 2: loss term "hinge" is Infinity, "sparsity" is -Infinity; `,
  ],
  [
    "a sum that overflows",
    { loss: Infinity },
    "stopped at step 2: the loss is Infinity although every term is finite; ",
  ],
  [
    "one gradient that is not finite",
    { squares: [4, Infinity] },
    `stopped at step 2: the gradient of "fc1.bias" is not finite; `,
  ],
];

for (const [what, numbers, message] of BROKEN) {
  Deno.test(`Watch.flush() stops at the first step with ${what} and names it`, () =>
    withDevice(async ({ recorder }) => {
      const watch = new Watch(recorder);
      add(watch, 1);
      add(watch, 2, numbers);
      add(watch, 3, { loss: NaN, sparsity: NaN });
      const error = await assertRejects(() => watch.flush(), RangeError, message);
      assert(isFault(error));
      watch.dispose();
    }));
}

Deno.test("Watch.dispose() frees steps that nobody asked for", () =>
  withDevice(({ recorder }) => {
    const watch = new Watch(recorder);
    add(watch, 1);
    watch.dispose();
  }));

Deno.test("requireFiniteState() names the first tensor with a value that is not finite", () => {
  const state = (value: number) =>
    new Map([
      ["fc1.weight", { data: Float32Array.of(3e38, -3e38) }],
      ["m/fc1.weight", { data: Float32Array.of(0, value) }],
    ]);
  requireFiniteState(9, state(1));
  for (const value of [NaN, Infinity, -Infinity]) {
    const error = assertThrows(
      () => requireFiniteState(9, state(value)),
      RangeError,
      `stopped at step 9: "m/fc1.weight" is not finite after the update; the last checkpoint is intact`,
    );
    assert(isFault(error));
  }
});
