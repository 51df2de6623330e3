import { assert, assertEquals } from "@std/assert";
import { channelsOf } from "../../src/run_folder/foreign_weights.ts";

Deno.test("channelsOf() finds the width of the features in the weights of every method", () => {
  const folder = new URL("../golden/", import.meta.url);
  let found = 0;
  for (
    const { name: runner } of Deno.readDirSync(new URL("../../configs/runner/", import.meta.url))
  ) {
    const path = new URL(`${runner.replace(".yaml", "")}/eval/case.json`, folder);
    const { parameters, inputs } = JSON.parse(Deno.readTextFileSync(path));
    const weights = new Map(
      parameters.map(({ name, shape }: { name: string; shape: number[] }) => [
        name,
        { shape, data: new Float32Array(0) },
      ]),
    ) as Parameters<typeof channelsOf>[0];
    assertEquals([runner, channelsOf(weights)], [runner, inputs[0].shape.at(-1)]);
    found++;
  }
  assert(found > 5);
});
