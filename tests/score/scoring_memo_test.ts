import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

Deno.test("ScoringMemo makes a value once, keeps it through tidies and frees it at the end", async () => {
  await withDevice(() => {
    let made = 0;
    const use = (memo: ScoringMemo) =>
      tf.tidy(() => memo.of("text", () => tf.add(tf.ones([2]), ++made)));
    {
      using memo = new ScoringMemo();
      const first = use(memo), second = use(memo);
      assert(first === second);
      assertEquals([...second.dataSync(), made], [2, 2, 1]);
      memo.of("other", () => tf.zeros([1]));
    }
    using another = new ScoringMemo();
    assertEquals([...use(another).dataSync()], [3, 3]);
  });
});

Deno.test({
  name:
    "ScoringMemo.renew() makes its values again where they lie, so that recordings read the new ones",
  ignore: !hasAdapter,
  fn: () =>
    withDevice(async ({ recorder }) => {
      const weight = tf.tidy(() => tf.variable(tf.ones([3])));
      using memo = new ScoringMemo();
      const text = () => memo.of("text", () => tf.mul(weight, 10));
      const work = () => tf.keep(tf.tidy(() => tf.add(text(), 1)));
      tf.dispose(work());
      const { result, recording } = recorder!.record(work);
      assert(typeof recording !== "string");
      overwrite(weight, Float32Array.of(2, 3, 4));
      memo.renew(recorder!);
      recorder!.replay(recording, [result]);
      assertEquals([...await result.data()], [21, 31, 41]);
      recording.dispose();
      tf.dispose([result, weight]);
    }, { device: "webgpu" }),
});
