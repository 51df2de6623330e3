import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { cropMeanEncoder } from "../../src/encoders/crop_mean.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot, shaped, withPart } from "../support/one_part.ts";
import { cropMeanOf } from "../support/plain_layers.ts";

onCpu("cropMeanEncoder is the mean over the crops", () => {
  checkSlot(
    cropMeanEncoder,
    {},
    { sizes: { C: 4 }, outputs: ["encoded"] },
    { features: randomTensor([2, 3, 5, 4], 9) },
    (of) => cropMeanOf(of.features, 2, 3),
  );
  withPart((scope) => cropMeanEncoder.build({}, scope, { C: 2 }), (encode, context) => {
    const features = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    const { encoded } = encode({ features }, context("eval"));
    assertEquals(shaped(encoded, [1, 1, 2, 2]), [3, 4, 5, 6]);
  });
});
