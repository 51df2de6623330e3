import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals } from "@std/assert";
import { scopeOf } from "../../src/model/assemble.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { promptedClasses } from "../../src/nn/prompted_classes.ts";
import { onCpu } from "../support/on_cpu.ts";

onCpu("promptedClasses() compares snippets with texts to which the video is added", () => {
  const store = new ParameterStore(null); // zeros: the feed-forward part adds nothing
  const scope = scopeOf("test", store, { guardSqrt: false, attnImpl: "fused" });
  const classify = promptedClasses(scope, {
    channels: 2,
    expansion: 2,
    temperature: 0.5,
    who: "it",
  });
  const text = [[1, 0], [0, 2]], video = [[3, 0], [1, 1]], scores = [1, 3];
  const found = classify(
    tf.tensor2d(text),
    tf.tensor4d(video.flat(), [1, 1, 2, 2]),
    tf.tensor4d(scores, [1, 1, 2, 1]),
  ).dataSync();
  const unit = (v: number[]) => v.map((value) => value / Math.hypot(...v));
  const seen = unit([0, 1].map((c) => scores[0] * video[0][c] + scores[1] * video[1][c]));
  video.forEach((snippet, t) =>
    text.forEach((words, k) => {
      const prompted = unit(words.map((value, c) => value + seen[c]));
      const cosine = unit(snippet).reduce((sum, value, c) => sum + value * prompted[c], 0);
      assertAlmostEquals(found[2 * t + k], cosine / 0.5, 1e-5);
    })
  );
  store.dispose();
});
