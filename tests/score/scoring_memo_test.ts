import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
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
