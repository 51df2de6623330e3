import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { signedRoot } from "../../src/ops/signed_root/op.ts";
import { signedRootReference } from "../../src/ops/signed_root/reference.ts";
import { assertClose, assertGradient, onCpu } from "../support/on_cpu.ts";

onCpu("signedRoot() is the root with the sign, and its slope", () => {
  const x = tf.tensor1d([4, -4, 0.25, -0.01]);
  assertClose(signedRoot(x), [2, -2, 0.5, -0.1], 1e-6);
  assertGradient((x) => signedRoot(x), [x], (x) => signedRootReference(x), 1e-3);
});

onCpu(
  "signedRoot() has the slope 0 at 0, where it would be infinite, and a large one beside it",
  () => {
    const x = tf.tensor1d([0, -0, 1e-8]);
    const [zero, negative, large] = tf.grad((x) => tf.sum(signedRoot(x)))(x).dataSync();
    assertEquals([zero, negative], [0, 0]);
    assertClose(tf.scalar(large), [5000], 1);
  },
);
