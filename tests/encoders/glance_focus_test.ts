import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { glanceFocus } from "../../src/encoders/glance_focus.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { l2Norm } from "../../src/ops/l2_norm/op.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";

const stages = [
  { mixer: "glance", width: 4, blocks: 1 },
  { mixer: "focus", width: 6, blocks: 2 },
];

const config = (guard = false): ModelConfig => ({
  features: { dim: 5 },
  encoder: { name: "glance_focus", stages, head_width: 2, feed_forward: 2 },
  head: { name: "normed_magnitude_topk", selection_dropout: 0, k: 2 },
  loss: [
    { name: "selected_bce", weight: 1 },
    { name: "magnitude_contrast", weight: 1e-3 },
    { name: "normal_cluster", weight: 1e-3 },
    { name: "abnormal_cluster", weight: 1e-3 },
  ],
  guard_sqrt: guard,
});

onCpu("glanceFocus encodes every crop of every video on its own, at any T", () => {
  withModel(config(), (model, context) => {
    for (const T of [1, 2, 37]) {
      const video = randomTensor([2, 3, T, 5], T);
      const all = outputOf(model, video, context("eval"), "encoded"); // [2, 3, T, 6]
      assertEquals(all.length, 2 * 3 * T * 6);
      const last = tf.slice(video, [1, 2, 0, 0], [1, 1, T, 5]);
      const alone = outputOf(model, last, context("eval"), "encoded");
      alone.forEach((value, i) => assertAlmostEquals(value, all[5 * T * 6 + i], 1e-5));
    }
  });
});

onCpu("glanceFocus takes the magnitude channel, or the norm where there is none", () => {
  withModel(config(), (model, context) => {
    const video = randomTensor([2, 3, 9, 5], 1);
    const encoded = (video: tf.Tensor) => outputOf(model, video, context("eval"), "encoded");
    const norm = tf.expandDims(l2Norm(video), -1);
    const plain = encoded(video);
    assertEquals(encoded(tf.concat([video, norm], -1)), plain);
    const other = encoded(tf.concat([video, tf.mul(norm, 2)], -1));
    assert(other.some((value, i) => Math.abs(value - plain[i]) > 1e-3));
  });
});

onCpu("glanceFocus looks at the whole video with glance, at a neighbourhood with focus", () => {
  // Snippets whose encoding changes when the first one does:
  // each block's convolution reaches 1 further.
  const reached = (mixer: "glance" | "focus") => {
    const encoder = { ...config().encoder, stages: [{ mixer, width: 4, blocks: 1 }], kernel: 5 };
    let changed: number[] = [];
    withModel({ ...config(), encoder }, (model, context) => {
      const video = randomTensor([1, 1, 12, 5], 1);
      const first = tf.reshape(tf.oneHot(tf.tensor1d([0], "int32"), 12), [1, 1, 12, 1]);
      const [before, after] = [video, tf.add(video, tf.cast(first, "float32"))]
        .map((video) => outputOf(model, video, context("eval"), "encoded"));
      changed = Array.from({ length: 12 }, (_, t) => t)
        .filter((t) => [0, 1, 2, 3].some((c) => before[t * 4 + c] !== after[t * 4 + c]));
    });
    return changed;
  };
  assertEquals(reached("glance").length, 12);
  assertEquals(reached("focus"), [0, 1, 2, 3, 4]); // 1 of the tokens, 1 of the block, 2 of the kernel
});

onCpu(
  "glanceFocus normalises focus by the batch in training, by what it stored in evaluation",
  () => {
    withModel(config(), (model, context) => {
      const stored = () =>
        model.parameters.all().filter(({ trained }) => !trained)
          .map(({ variable }) => [...variable.dataSync()]);
      const video = randomTensor([4, 2, 9, 5], 1);
      const before = stored();
      assertEquals(before.length, 4); // mean and variance of two blocks
      const evaluated = outputOf(model, video, context("eval"), "encoded");
      assertEquals(stored(), before);
      const trained = outputOf(model, video, context("train"), "encoded");
      assert(trained.some((value, i) => Math.abs(value - evaluated[i]) > 1e-3));
      assert(stored().every((values, i) => values.some((value, c) => value !== before[i][c])));
    });
  },
);

onCpu(
  "glanceFocus with tokens of 0 has a gradient that is not finite, and under the guard one that is",
  () => {
    for (const guard of [false, true]) {
      withModel(config(guard), (model, context) => {
        // With every bias of the way at 0, an all-zero snippet stays at 0:
        // no channel differs from another.
        for (const { name, variable } of model.parameters.all()) {
          if (name.endsWith("bias")) variable.assign(tf.zerosLike(variable));
        }
        const video = tf.zeros([2, 1, 3, 5]);
        assert(outputOf(model, video, context("eval")).every(Number.isFinite));
        const { loss, gradients } = gradientsOf(model, video, context("train"));
        assert(Number.isFinite(loss));
        const finite = [...gradients.values()].every((values) => values.every(Number.isFinite));
        assertEquals(finite, guard);
      });
    }
  },
);

onCpu("glanceFocus under the guard gives ordinary snippets the same numbers", () => {
  const results = [false, true].map((guard) => {
    let found: unknown;
    withModel(config(guard), (model, context) => {
      found = gradientsOf(model, randomTensor([4, 2, 9, 5], 1), context("train"));
    });
    return found;
  });
  assertEquals(results[0], results[1]);
});

onCpu("glanceFocus has the official number of parameters", () => {
  const official: ModelConfig = {
    ...config(),
    features: { dim: 2048 },
    encoder: { name: "glance_focus" },
    head: { name: "normed_magnitude_topk" },
  };
  withModel(official, (model) => assertEquals(model.parameters.size, 28_652_773));
});

Deno.test("glanceFocus refuses a stage narrower than a head and an even kernel", () => {
  const narrow = { stages: [{ mixer: "glance", width: 63, blocks: 1 }] };
  assertThrows(() => glanceFocus.config.parse(narrow), Error, "at least head_width");
  assertThrows(() => glanceFocus.config.parse({ kernel: 4 }), Error, "odd");
});
