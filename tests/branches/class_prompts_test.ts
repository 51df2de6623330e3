import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { classPrompts } from "../../src/branches/class_prompts.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { onCpu } from "../support/on_cpu.ts";
import { withModel } from "../support/small_model.ts";

const concepts = [["normal event"], ["fire", "burning"], ["fire"], ["burning"]];

const config: ModelConfig = {
  features: { dim: 16 },
  classes: 4,
  encoder: { name: "context_aggregation", hidden: 4, out: 4 },
  head: { name: "causal_classifier" },
  branch: { name: "class_prompts", clip: "built_in", concepts },
  loss: [{ name: "prompt_distribution", weight: 1 }],
};

onCpu("classPrompts averages the texts of a class, and does not train the table", () => {
  withModel(config, (model) => {
    const table = model.parameters.all().find(({ name }) => name === "prompt_features")!;
    assertEquals([table.shape, table.trained, table.frozen], [[4, 8], false, true]);
    const values = table.variable.dataSync();
    for (let c = 0; c < 8; c++) {
      assertAlmostEquals(values[8 + c], (values[16 + c] + values[24 + c]) / 2, 1e-6);
    }
  });
});

Deno.test("classPrompts refuses concepts of other classes than the data's", () => {
  assertThrows(() => checkChain({ ...config, classes: 7 }), RangeError, "runner.branch.concepts");
});

Deno.test("classPrompts takes the official table, its rows in the order that is asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/prompts.npy`;
    const rows = Float16Array.from({ length: 12 }, (_, i) => i / 2);
    await Deno.writeFile(file, encodeNpy([4, 3], rows));
    const read = (settings: Record<string, unknown>) =>
      classPrompts.readFiles!(classPrompts.config.parse({ concepts, file, ...settings }));
    const [whole] = await read({});
    assertEquals([whole.name, whole.shape], ["prompt_features", [4, 3]]);
    assertEquals([...whole.data], [...rows]);
    const [chosen] = await read({ file_rows: [3, 0, 0, 1] });
    assertEquals([...chosen.data.subarray(0, 6)], [4.5, 5, 5.5, 0, 0.5, 1]);
    await assertRejects(() => read({ file_rows: [4, 0, 0, 1] }), TypeError, "file_rows");
    await assertRejects(() => read({ concepts: concepts.slice(0, 3) }), TypeError, "found [4,3]");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
