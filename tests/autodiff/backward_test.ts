import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { gradientsOf } from "../../src/autodiff/backward.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { randomTensor } from "../support/on_cpu.ts";

await openCpu({ blas: "off" });

/** Bits of the values. */
function bitsOf(x: tf.Tensor): Uint32Array {
  return new Uint32Array(Float32Array.from(x.dataSync()).buffer);
}

function variablesOf(...shapes: number[][]): tf.Variable[] {
  return shapes.map((shape, i) => {
    const start = randomTensor(shape, i);
    const variable = tf.variable(start);
    start.dispose();
    return variable;
  });
}

Deno.test("gradientsOf() gives the bits of tf.variableGrads and leaves nothing behind", () => {
  const [a, b, unused] = variablesOf([7, 5], [5], [3]);
  const given = randomTensor([7, 5], 9);
  const functions: Record<string, () => tf.Scalar> = {
    "one value twice": () => tf.sum(tf.mul(tf.add(a, a), tf.add(a, b))) as tf.Scalar,
    "several outputs, one of them unused": () => {
      const [first, , last] = tf.split(tf.mul(a, given), [2, 1, 2], 1);
      return tf.sum(tf.mul(first, tf.exp(last))) as tf.Scalar;
    },
    "a chain of views": () => tf.mean(tf.transpose(tf.reshape(tf.sub(a, b), [5, 7]))) as tf.Scalar,
    "a gradient that is passed on as it is": () => tf.sum(tf.add(tf.clone(a), a)) as tf.Scalar,
    "branches that are left out": () => {
      tf.exp(a);
      tf.square(given);
      return tf.sum(
        tf.concat([tf.relu(a), tf.tile(tf.reshape(b, [1, 5]), [2, 1])], 0),
      ) as tf.Scalar;
    },
  };
  for (const [name, f] of Object.entries(functions)) {
    const before = tf.memory().numTensors;
    const { value, gradients } = gradientsOf(f, [a, b, unused]);
    const expected = tf.variableGrads(f, [a, b, unused]);
    assertEquals(bitsOf(value), bitsOf(expected.value), name);
    for (const [i, variable] of [a, b, unused].entries()) {
      const other = expected.grads[variable.name];
      assertEquals(gradients[i] === null, !other, name);
      if (other) assertEquals(bitsOf(gradients[i]!), bitsOf(other), name);
    }
    tf.dispose([value, expected.value, ...gradients.filter((each) => each !== null)]);
    tf.dispose(expected.grads);
    assertEquals(tf.memory().numTensors, before, name);
  }
  tf.dispose([a, b, unused, given]);
});

Deno.test("gradientsOf() frees what the forward pass saved while it walks back", async () => {
  const { backend } = await openCpu({ blas: "off" });
  const [a] = variablesOf([256, 256]);
  const f = () => {
    let x: tf.Tensor = a;
    for (let i = 0; i < 20; i++) x = tf.sin(tf.mul(x, a));
    return tf.sum(x) as tf.Scalar;
  };
  const peakOf = (run: () => void) => {
    backend.budget.resetPeak();
    const start = backend.budget.used;
    tf.tidy(run);
    return backend.budget.peak - start;
  };
  const ours = peakOf(() => void gradientsOf(f, [a]));
  const theirs = peakOf(() => void tf.variableGrads(f, [a]));
  assert(ours < 0.7 * theirs, `${ours} against ${theirs} bytes`);
  a.dispose();
});

Deno.test("gradientsOf() leaves nothing behind when a pass fails", () => {
  const [a] = variablesOf([300, 300]);
  const before = tf.memory().numTensors;
  const late = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: () => {
      throw new RangeError("no room in the backward pass");
    },
  }));
  const wrongShape = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: () => tf.zeros([1]),
  }));
  const failing: [() => tf.Scalar, string][] = [
    [() => {
      tf.sum(tf.exp(tf.sin(a)));
      throw new RangeError("no room in the forward pass");
    }, "forward"],
    [() => tf.sum(late(tf.exp(a))) as tf.Scalar, "backward"],
    [() => tf.sum(wrongShape(tf.exp(a))) as tf.Scalar, "expected float32 [300,300]"],
  ];
  for (const [f, message] of failing) {
    assertThrows(() => gradientsOf(f, [a]), Error, message);
    assertEquals(tf.memory().numTensors, before, message);
  }
  a.dispose();
});
