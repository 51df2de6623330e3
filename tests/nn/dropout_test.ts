import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dropoutOf, dropped } from "../../src/nn/dropout.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { withPart } from "../support/one_part.ts";

onCpu("dropoutOf() is nothing in evaluation and at a rate of 0", () => {
  withPart(() => {}, (_, context) => {
    assertEquals(dropoutOf(context("eval"), 0.5, 3), undefined);
    assertEquals(dropoutOf(context("train"), 0, 3), undefined);
    const training = context("train");
    assertEquals(dropoutOf(training, 0.5, 3), {
      rate: 0.5,
      state: training.random.state,
      stream: 3,
    });
  });
});

onCpu("dropped() gives x in evaluation; in training 0 or x / (1 - rate), by stream", () => {
  withPart(() => {}, (_, context) => {
    const x = tf.add(randomTensor([50, 20], 1), 1), values = x.dataSync();
    assertEquals(dropped(x, 0.75, 0, context("eval")).dataSync(), values);
    const trained = dropped(x, 0.75, 0, context("train")).dataSync();
    const kept = trained.filter((value) => value !== 0).length;
    assert(kept > 200 && kept < 300, `${kept} of 1000 kept at a rate of 0.75`);
    trained.forEach((value, i) => {
      if (value !== 0) assertAlmostEquals(value, 4 * values[i], 1e-6);
    });
    assert(String(dropped(x, 0.75, 1, context("train")).dataSync()) !== String(trained));
  });
});
