import { assertEquals } from "@std/assert";
import { flatSettings } from "../../src/config/flat_settings.ts";

Deno.test("flatSettings() gives each value under its full key, slots of a list by their names", () => {
  const tree = {
    data: { segments: null, list: [1, 2], name: "x" },
    runner: { loss: [{ name: "sparsity", weight: 0.5 }, { weight: 2 }] },
  };
  assertEquals([...flatSettings(tree)], [
    ["data.segments", "null"],
    ["data.list", "[1,2]"],
    ["data.name", "x"],
    ["runner.loss.sparsity.name", "sparsity"],
    ["runner.loss.sparsity.weight", "0.5"],
    ["runner.loss.1.weight", "2"],
  ]);
});
