/** Checkpoints of other programs: what is taken, and what is refused. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { verifyOutputs } from "../../src/commands/verify_outputs.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { encodeSafetensors, type TensorToStore } from "../../src/io/safetensors.ts";
import { silent } from "../../src/progress.ts";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { mat, matCell, matNumbers, zipOf } from "../io/small_tensor_files.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { DIM, imported, importFile, MIL, SIZES, tensor } from "./small_mil.ts";

function renamed<T>(tensors: Map<string, T>, rename: (name: string) => string): Map<string, T> {
  return new Map([...tensors].map(([name, value]) => [rename(name), value]));
}

async function assertHoldsMil(path: string): Promise<void> {
  const { weights } = await readWeights(path);
  assertEquals([...weights.keys()].sort(), [...MIL.keys()].sort());
  for (const [name, { shape, data }] of weights) {
    assertEquals(shape, MIL.get(name)!.shape);
    assertEquals(data, MIL.get(name)!.bytes);
  }
}

const WRAPPINGS: [what: string, rename: (name: string) => string][] = [
  ["a bare state dict", (name) => name],
  ["DataParallel", (name) => `module.${name}`],
  ["Lightning", (name) => `state_dict/model.${name}`],
  ["a training script", (name) => `model_state_dict/${name}`],
  ["both prefixes in a dict", (name) => `model/module.model.${name}`],
];

for (const [what, rename] of WRAPPINGS) {
  Deno.test(`runImport() takes the weights out of ${what}`, () =>
    withFolder(async (folder) => {
      const tensors: Map<string, TensorToStore> = renamed(MIL, rename);
      const nested = rename("").includes("/");
      if (nested) tensors.set("optimizer/state/0/exp_avg", tensor([3], 0));
      const result = await importFile(await nestedFile(folder, tensors));
      await assertHoldsMil(result.path);
      assertEquals([result.tensors, result.dim], [6, DIM]);
      assertEquals(result.dropped.map(({ name }) => name), nested ? ["optimizer"] : []);
    }));
}

/** A .safetensors file, whose names hold the paths that nested dicts have. */
function nestedFile(folder: string, tensors: Map<string, TensorToStore>): Promise<string> {
  const path = join(folder, "nested.safetensors");
  Deno.writeFileSync(path, encodeSafetensors(tensors));
  return Promise.resolve(path);
}

Deno.test("runImport() turns the matrices of the original MATLAB file, and leaves out its empty layers", () =>
  withFolder(async (folder) => {
    const layer = (key: string, name: string) => {
      const { shape: [rows, columns], bytes } = MIL.get(`${name}.weight`)!;
      const turned = Array.from(
        { length: rows * columns },
        (_, i) => bytes[(i % rows) * columns + Math.floor(i / rows)],
      );
      const bias = MIL.get(`${name}.bias`)!.bytes;
      return matCell(key, matNumbers("", columns, turned), matNumbers("", 1, bias));
    };
    const path = join(folder, "weights_L1L2.mat");
    const layers = [layer("0", "fc1"), layer("2", "fc2"), layer("4", "fc3")];
    Deno.writeFileSync(path, mat(...layers, matNumbers("1", 1, [])));
    const result = await importFile(path);
    await assertHoldsMil(result.path);
    assertEquals(result.path, join(folder, "weights_L1L2.mil.safetensors"));
    assertEquals(result.dropped.map(({ name }) => name), ["1"]);
    assertEquals(result.notes, ["6 tensors of float64 are rounded to float32"]);
  }));

Deno.test("runImport() names every key and shape that is not the method's, and writes nothing", () =>
  withFolder(async (folder) => {
    const out = join(folder, "out.safetensors");
    const wrong: [Map<string, TensorToStore>, string][] = [
      [new Map([...MIL].filter(([name]) => name !== "fc2.bias")), "missing fc2.bias [3]"],
      [new Map([...MIL, ["fc4.weight", tensor([2], 0)]]), "unknown fc4.weight"],
      [new Map([...MIL, ["fc2.bias", tensor([5], 0)]]), "fc2.bias: expected [3], found [5]"],
    ];
    for (const [tensors, problem] of wrong) {
      await assertRejects(() => imported(folder, tensors, { out }), TypeError, problem);
    }
    await assertRejects(() => imported(folder, new Map(), { out }), TypeError, "no tensors");
    assert(!existsSync(out));
  }));

Deno.test("runImport() replaces no file unasked", () =>
  withFolder(async (folder) => {
    const { path } = await imported(folder, MIL);
    await assertRejects(() => imported(folder, MIL, { overwrite: false }), Error, "exists");
    await assertHoldsMil(path);
  }));

Deno.test("runImport() tells of counters, and of values that are not finite", () =>
  withFolder(async (folder) => {
    const broken = tensor([3], 4);
    broken.bytes[1] = NaN;
    const counter = { dtype: "I64" as const, shape: [], bytes: new BigInt64Array(1) };
    const tensors = new Map<string, TensorToStore>([
      ...MIL,
      ["fc2.bias", broken],
      ["bn.num_batches_tracked", counter],
    ]);
    const { notes, dropped } = await imported(folder, tensors);
    assertEquals(notes, ["1 tensors hold values that are not finite, such as fc2.bias"]);
    assertEquals(dropped.map(({ name, tensors }) => [name, tensors]), [[
      "*.num_batches_tracked",
      1,
    ]]);
  }));

Deno.test("scores are the same from a foreign file as from its import", () =>
  withFolder(async (folder) => {
    const { path } = await imported(folder, renamed(MIL, (name) => `module.${name}`));
    const video = join(folder, "video.npy");
    Deno.writeFileSync(video, encodeNpy([5, DIM], tensor([5, DIM], 9).bytes));
    const score = async (checkpoint: string, out: string, runner?: string) => {
      const scored = await scoreFiles({
        checkpoint,
        runner,
        paths: [video],
        overrides: runner === undefined ? [] : SIZES,
        configDirs: [],
        out: join(folder, out),
        formats: ["csv"],
        top: 1,
        overwrite: false,
        device: { device: "cpu", blas: "off" },
        progress: silent,
      });
      return Deno.readTextFileSync(scored.files[0].written[0]);
    };
    const own = await score(path, "own");
    assertEquals(await score(join(folder, "weights.pth"), "foreign", "mil"), own);
    await assertRejects(() => score(join(folder, "weights.pth"), "x"), SyntaxError, "wsvad import");
  }));

Deno.test("verifyOutputs() holds scores against stored ones, and fails where they differ", () =>
  withFolder(async (folder) => {
    await imported(folder, MIL);
    const weights = join(folder, "weights.mil.safetensors");
    const features = tensor([5, DIM], 9);
    const norms = Array.from(
      { length: 5 },
      (_, t) => Math.hypot(...features.bytes.subarray(t * DIM, (t + 1) * DIM)),
    );
    // mil's data.normalize
    const rows = features.bytes.map((value, i) => value / norms[Math.floor(i / DIM)]);
    const scores = Float32Array.from({ length: 5 }, (_, t) => plainMil(rows.subarray(t * DIM)));
    const verify = async (given: Float32Array) => {
      const against = join(folder, "outputs.npz");
      const members = {
        "features.npy": encodeNpy([5, DIM], features.bytes),
        "scores.npy": encodeNpy([5, 1], given),
      };
      Deno.writeFileSync(against, await zipOf(members, 0));
      return await verifyOutputs({ weights, against, device: "cpu", blas: "off" });
    };
    const { ok, cases } = await verify(scores);
    assert(ok, JSON.stringify(cases));
    scores[3] += 1e-3;
    assertEquals((await verify(scores)).ok, false);
  }));

/** Linear, ReLU, linear, linear, sigmoid, by plain arithmetic. */
function plainMil(row: Float32Array): number {
  const linear = (x: number[], layer: string) => {
    const { shape: [rows, columns], bytes } = MIL.get(`${layer}.weight`)!;
    const bias = MIL.get(`${layer}.bias`)!.bytes;
    return Array.from({ length: rows }, (_, i) => {
      let sum = bias[i];
      for (let j = 0; j < columns; j++) sum += bytes[i * columns + j] * x[j];
      return sum;
    });
  };
  const hidden = linear([...row.subarray(0, DIM)], "fc1").map((value) => Math.max(0, value));
  const [logit] = linear(linear(hidden, "fc2"), "fc3");
  return 1 / (1 + Math.exp(-logit));
}
