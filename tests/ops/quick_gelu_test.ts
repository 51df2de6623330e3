import * as tf from "@tensorflow/tfjs";
import { withComposedForms } from "../../src/ops/kernel/kernel.ts";
import { quickGelu } from "../../src/ops/quick_gelu/op.ts";
import { quickGeluReference } from "../../src/ops/quick_gelu/reference.ts";
import {
  assertClose,
  assertGradient,
  assertSameBits,
  onCpu,
  randomTensor,
} from "../support/on_cpu.ts";

onCpu("quickGelu() is x sigmoid(1.702 x), at hand numbers", () => {
  // 1 / (1 + e^-1.702) = 0.845796, and -1 of it 0.154204
  assertClose(quickGelu(tf.tensor1d([0, 1, -1, 50, -50])), [0, 0.845796, -0.154204, 50, 0], 1e-6);
});

for (const size of [1, 3, 4, 5, 131]) {
  onCpu(`quickGelu() agrees with plain loops at ${size} elements, on either form`, () => {
    const x = tf.mul(randomTensor([size], 3), 8);
    const expected = quickGeluReference(x.dataSync());
    assertClose(quickGelu(x), expected, 1e-6);
    assertClose(withComposedForms(() => quickGelu(x)), expected, 1e-6);
  });
}

onCpu("quickGelu() has the gradient of central differences, on either form", () => {
  const x = tf.mul(randomTensor([3, 7], 5), 6);
  assertGradient(quickGelu, [x], (values) => quickGeluReference(values), 1e-6);
  withComposedForms(() =>
    assertGradient(quickGelu, [x], (values) => quickGeluReference(values), 1e-6)
  );
});

onCpu("quickGelu() gives the same bits in two runs", () => {
  assertSameBits(() => quickGelu(randomTensor([17, 5], 9)));
});
