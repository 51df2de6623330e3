import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import {
  readCheckpoint,
  readWeights,
  type Tensors,
  writeCheckpoint,
  writeWeights,
} from "../../src/run_folder/checkpoint.ts";
import { withFolder } from "../train/small_training.ts";

const tensor = (shape: number[], ...values: number[]) => ({
  shape,
  data: Float32Array.from(values),
});

const weights: Tensors = new Map([
  ["conv_1.0.weight", tensor([2, 1, 1], 1.5, -0)],
  ["bn.running_var", tensor([1], 3e-39)], // subnormal: kept as it is
]);
const optimizer: Tensors = new Map([["m/conv_1.0.weight", tensor([2, 1, 1], -1, 0.1)]]);
const state = { step: 7, unlogged: [{ loss: 0.1 + 0.2 }], best: null };

Deno.test("readCheckpoint() gives what writeCheckpoint() was given, and the same bytes each time", () =>
  withFolder(async (folder) => {
    const [path, again] = [join(folder, "last.safetensors"), join(folder, "again.safetensors")];
    await writeCheckpoint(path, { weights, optimizer, state }, { tool: "wsvad" });
    const read = await readCheckpoint<typeof state>(path);
    const { metadata, ...checkpoint } = read;
    assertEquals(checkpoint, { weights, optimizer, state });
    assertEquals(metadata.tool, "wsvad");
    await writeCheckpoint(again, { weights, optimizer, state }, { tool: "wsvad" });
    assertEquals(Deno.readFileSync(again), Deno.readFileSync(path));
  }));

Deno.test("readWeights() takes the weights of a checkpoint without the optimiser's state", () =>
  withFolder(async (folder) => {
    const path = join(folder, "last.safetensors");
    await writeCheckpoint(path, { weights, optimizer, state }, {});
    assertEquals((await readWeights(path)).weights, weights);
  }));

Deno.test("readCheckpoint() refuses weights alone, and a state that is no JSON", () =>
  withFolder(async (folder) => {
    const path = join(folder, "best.safetensors");
    for (const [key, text] of [["step", "7"], ["wsvad.state", "{"]]) {
      await writeWeights(path, weights, { [key]: text });
      const error = await assertRejects(
        () => readCheckpoint(path),
        TypeError,
        `Cannot resume from "${path}": it holds weights but no training state`,
      );
      assert(isFault(error));
    }
  }));

/** A file as other programs write it. */
function official(path: string, names: string[]): void {
  const tensors = names.map((name) => {
    const counter = name.endsWith("num_batches_tracked");
    return [
      name,
      counter
        ? { dtype: "I64" as const, shape: [], bytes: BigInt64Array.of(300n) }
        : { dtype: "F32" as const, shape: [2], bytes: Float32Array.of(1, 2) },
    ] as const;
  });
  Deno.writeFileSync(path, encodeSafetensors(new Map(tensors), {}));
}

const PREFIXED: [what: string, names: string[], read: string[]][] = [
  ["the names of the official file", ["fc1.weight", "fc1.bias"], ["fc1.bias", "fc1.weight"]],
  ["module. off", ["module.fc1.weight", "module.fc1.bias"], ["fc1.bias", "fc1.weight"]],
  ["model. off", ["model.fc1.weight", "model.fc1.bias"], ["fc1.bias", "fc1.weight"]],
  ["module.model. off", ["module.model.fc1.weight", "module.model.fc1.bias"], [
    "fc1.bias",
    "fc1.weight",
  ]],
  ["a prefix of some alone as it is", ["model.fc1.weight", "fc1.bias"], [
    "fc1.bias",
    "model.fc1.weight",
  ]],
  [
    "batch counters out",
    ["module.bn.weight", "module.bn.num_batches_tracked"],
    ["bn.weight"],
  ],
];

for (const [what, names, expected] of PREFIXED) {
  Deno.test(`readWeights() takes ${what}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "official.safetensors");
      official(path, names);
      const read = await readWeights(path);
      assertEquals([...read.weights.keys()].sort(), expected);
      assertEquals(read.weights.get(expected[0]), tensor([2], 1, 2));
    }));
}
