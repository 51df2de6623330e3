/** TPWNG's encoder and classifier together: what scores a video in the test. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { adaptiveSpan } from "../../src/encoders/adaptive_span.ts";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { assertClose, onCpu, randomTensor } from "../support/on_cpu.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const DIM = 6;

function configOf(encoder: Record<string, unknown> = {}): ModelConfig {
  return {
    features: { dim: DIM },
    encoder: { name: "adaptive_span", layers: 2, heads: 2, inner: 8, ramp: 4, ...encoder },
    head: { name: "norm_linear" },
    loss: [{ name: "ranking", weight: 1 }],
  };
}

/** Some frames of x [B, N, T, D] replaced from `start` on. */
function changedFrom(x: tf.Tensor, start: number): tf.Tensor {
  const [B, N, T, D] = x.shape;
  const kept = tf.slice(x, [0, 0, 0, 0], [B, N!, start, D!]);
  return tf.concat([kept, randomTensor([B, N!, T! - start, D!], 77)], 2);
}

onCpu("adaptiveSpan scores videos of any length, one frame too", () => {
  withModel(configOf(), (model, context) => {
    for (const T of [1, 2, 31]) {
      const scores = outputOf(model, randomTensor([2, 3, T, DIM], 1), context("eval"));
      assertEquals(scores.length, 2 * T);
      assert(scores.every((score) => score > 0 && score < 1));
    }
  });
});

onCpu("adaptiveSpan sees the frames behind alone when it is causal", () => {
  const x = randomTensor([1, 1, 12, DIM], 1), other = changedFrom(x, 7);
  for (const causal of [true, false]) {
    withModel(configOf({ causal }), (model, context) => {
      const [a, b] = [x, other].map((video) => outputOf(model, video, context("eval")));
      assertEquals(a.subarray(0, 7).every((score, t) => score === b[t]), causal);
      assert(String(a.subarray(7)) !== String(b.subarray(7)));
    });
  }
});

onCpu("adaptiveSpan takes the direction of frames, not their length", () => {
  const x = randomTensor([1, 1, 5, DIM], 1);
  withModel(configOf(), (model, context) => {
    const scores = outputOf(model, x, context("eval"));
    assertClose(tf.tensor1d(outputOf(model, tf.mul(x, 40), context("eval"))), scores, 1e-6);
  });
});

onCpu("adaptiveSpan averages crops first, or their scores", () => {
  const x = randomTensor([1, 3, 5, DIM], 1);
  const mean = tf.expandDims(tf.mean(x, 1), 1);
  withModel(configOf(), (model, context) => {
    const [all, averaged] = [x, mean].map((video) => outputOf(model, video, context("eval")));
    assertClose(tf.tensor1d(all), averaged, 1e-6);
  });
  withModel(configOf({ crops: "each" }), (model, context) => {
    const all = outputOf(model, x, context("eval"));
    const apart = tf.unstack(x, 1).map((crop) =>
      tf.tensor1d(outputOf(model, tf.expandDims(crop, 1), context("eval")))
    );
    assertClose(tf.mean(tf.stack(apart), 0), all, 1e-6);
  });
});

onCpu("adaptiveSpan trains with finite gradients on frames of zeros", () => {
  withModel(configOf(), (model, context) => {
    const { loss, gradients } = gradientsOf(model, tf.zeros([2, 2, 5, DIM]), context("train"));
    assert(Number.isFinite(loss));
    for (const [name, gradient] of gradients) assert(gradient.every(Number.isFinite), name);
  });
});

onCpu("adaptiveSpan drops values in training alone", () => {
  const x = randomTensor([2, 1, 9, DIM], 1);
  withModel(configOf({ dropout: 0.5 }), (model, context) => {
    const scores = outputOf(model, x, context("eval"));
    assertEquals(outputOf(model, x, context("eval", 1)), scores);
    const [first, second] = [0, 1].map((step) => outputOf(model, x, context("train", step)));
    assert(String(first) !== String(scores));
    assert(String(second) !== String(first));
  });
  withModel(configOf(), (model, context) => {
    assertEquals(outputOf(model, x, context("train")), outputOf(model, x, context("eval")));
  });
});

onCpu("adaptiveSpan learns a span for each frame and head, or for each head", () => {
  const spanShapes = (encoder: Record<string, unknown>) => {
    let shapes: string[] = [];
    withModel(configOf(encoder), ({ parameters }) => {
      shapes = parameters.all().filter(({ name }) => name.startsWith("layers.0.attn.span."))
        .map(({ name, shape }) => `${name.split(".").at(-1)} ${shape}`);
    });
    return shapes;
  };
  assertEquals(spanShapes({}), ["weight 2,6", "bias 2"]);
  assertEquals(spanShapes({ span: "head" }), ["bias 2"]);
  withModel(configOf({ span: "head" }), (model, context) => {
    const { gradients } = gradientsOf(model, randomTensor([2, 1, 40, DIM], 1), context("train"));
    assert(gradients.get("layers.0.attn.span.bias")!.some((slope) => slope !== 0));
  });
});

onCpu("adaptiveSpan refuses windows longer than its learned positions", () => {
  withModel(configOf({ positions: 4, projection: true }), (model, context) => {
    assertEquals(outputOf(model, randomTensor([1, 1, 4, DIM], 1), context("eval")).length, 4);
    assertThrows(
      () => outputOf(model, randomTensor([1, 1, 5, DIM], 1), context("eval")),
      RangeError,
      "5 frames with 4 learned positions",
    );
  });
});

Deno.test("adaptiveSpan refuses heads that do not divide the channels", () => {
  assertThrows(() => checkChain(configOf({ heads: 4 })), RangeError, "4 heads");
});

onCpu("adaptiveSpan scores long test videos in windows that are not padded", () => {
  assertEquals(adaptiveSpan.window!(adaptiveSpan.config.parse({})), {
    snippets: 256,
    padded: false,
  });
  assertEquals(adaptiveSpan.window!(adaptiveSpan.config.parse({ window: null })), null);
});
