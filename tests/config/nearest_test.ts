import { assertEquals } from "@std/assert";
import { didYouMean, editDistance, nearest, nearestPath } from "../../src/config/nearest.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  assertEquals(editDistance("", "abc"), 3);
  assertEquals(editDistance("kitten", "sitting"), 3);
  assertEquals(editDistance("trian", "train"), 1);
  assertEquals(editDistance("same", "same"), 0);
});

Deno.test("nearest() finds only what is near", () => {
  assertEquals(nearest("smothness", ["sparsity", "smoothness"]), "smoothness");
  assertEquals(nearest("xyz", ["sparsity", "smoothness"]), undefined);
  assertEquals(didYouMean("rtmf", ["mil", "rtfm"]), '; did you mean "rtfm"?');
  assertEquals(didYouMean("quite_other", ["mil", "rtfm"]), "");
});

Deno.test("nearestPath() finds the home of a key", () => {
  const paths = [
    "runner.optimizer.lr",
    "runner.head.k",
    "trainer.max_steps",
    "data.seed",
    "trainer.seed",
  ];
  assertEquals(nearestPath("lr", paths), "runner.optimizer.lr");
  assertEquals(nearestPath("seed", paths), "trainer.seed");
  assertEquals(nearestPath("steps", paths), "trainer.max_steps");
  assertEquals(nearestPath("runner.k", paths), "runner.head.k");
  assertEquals(nearestPath("trainer.max_step", paths), "trainer.max_steps");
  assertEquals(nearestPath("trainer.seeed", paths), "trainer.seed");
  assertEquals(nearestPath("data.seeed", paths), "data.seed");
  assertEquals(nearestPath("nothing.like_it_at_all", paths), undefined);
});
