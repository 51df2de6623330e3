import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { digestBeside, type DigestedBytes } from "../../src/io/file_digest.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import {
  damageFirst,
  openWeights,
  readCheckpoint,
  readWeights,
  type Tensors,
  uncheckedRemark,
  writeCheckpoint,
  writeWeights,
} from "../../src/run_folder/checkpoint.ts";
import type { TrainerState } from "../../src/run_folder/trainer_state.ts";
import { withFolder } from "../support/temporary_folder.ts";

const tensor = (shape: number[], ...values: number[]) => ({
  shape,
  data: Float32Array.from(values),
});

const weights: Tensors = new Map([
  ["conv_1.0.weight", tensor([2, 1, 1], 1.5, -0)],
  ["bn.running_var", tensor([1], 3e-39)], // subnormal: kept as it is
]);
const optimizer: Tensors = new Map([["m/conv_1.0.weight", tensor([2, 1, 1], -1, 0.1)]]);
const place = { pass: 0, position: 3 };
const state: TrainerState = {
  step: 7,
  epoch: 1,
  loader: { normal: place, abnormal: place, videos: 5 },
  history: [{ step: 5, metrics: { roc_auc: 0.5, ap: null } }],
  best: 0,
  unlogged: [{ step: 7, epoch: 1, lr: 0.1, loss: 0.1 + 0.2, terms: { bce: 1 } }],
};

Deno.test("readCheckpoint() gives what writeCheckpoint() was given, and the same bytes each time", () =>
  withFolder(async (folder) => {
    const [path, again] = [join(folder, "last.safetensors"), join(folder, "again.safetensors")];
    await writeCheckpoint(path, { weights, optimizer, state }, { tool: "wsvad" });
    const read = await readCheckpoint(path);
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

Deno.test("a bit that changed anywhere in a checkpoint is noticed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "last.safetensors");
    await writeCheckpoint(path, { weights, optimizer, state }, {
      tool: "wsvad",
      "wsvad.config": "a",
    });
    const good = await Deno.readFile(path);
    const digest = new TextDecoder().decode(good).indexOf('"wsvad.sha256"');
    for (let at = 0; at < good.length; at++) {
      // Without its own name the entry is that of another program, beside values that are right.
      if (at >= digest && at < digest + 14) continue;
      const bytes = good.slice();
      bytes[at] ^= 1 << (at % 8);
      await Deno.writeFile(path, bytes);
      for (const read of [readCheckpoint, readWeights]) {
        const error = await assertRejects(() => read(path), Error, undefined, `byte ${at}`);
        assert(isFault(error), `byte ${at}: ${error.message}`);
      }
    }
  }));

/** As for a large file: on a thread, which reads what lies at the path by then. */
const onThread = (bytes: DigestedBytes) => digestBeside(bytes, 0);

Deno.test("openWeights() tells of damage by `checked`, and takes a thread's word for a whole file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "best.safetensors");
    await writeWeights(path, weights, { tool: "wsvad" });
    let counted: string | null = null;
    const whole = await openWeights(path, {
      digest: async (bytes) => counted = await onThread(bytes),
    });
    assertEquals(await whole.weights, weights);
    await whole.checked;
    const damaged = await Deno.readFile(path);
    damaged[damaged.length - 1] ^= 1;
    await Deno.writeFile(path, damaged);
    const { checked } = await openWeights(path, { digest: onThread });
    await assertRejects(() => checked, Error, "it is not as wsvad wrote it");
    // What the thread found of the whole file is believed: its bytes are not counted twice.
    await (await openWeights(path, { digest: () => Promise.resolve(counted) })).checked;
  }));

Deno.test("openWeights() gives no false alarm where the file is replaced or gone meanwhile", () =>
  withFolder(async (folder) => {
    const path = join(folder, "best.safetensors");
    const later: Tensors = new Map([...weights, ["bn.running_var", tensor([1], 2)]]);
    const meanwhile = [
      () => writeWeights(path, later, { tool: "wsvad" }), // a training goes on
      () => Deno.remove(path),
    ];
    for (const change of meanwhile) {
      await writeWeights(path, weights, { tool: "wsvad" });
      const read = await openWeights(path, {
        async digest(bytes) {
          await change();
          return await onThread(bytes);
        },
      });
      assertEquals(await read.weights, weights);
      await read.checked;
    }
  }));

Deno.test("damageFirst() tells the damage before what follows from it", async () => {
  const fails = () => Promise.reject(new Error("the score is NaN"));
  const damaged = Promise.reject(new Error("the file is damaged"));
  await assertRejects(() => damageFirst(damaged, fails), Error, "the file is damaged");
  await assertRejects(() => damageFirst(Promise.resolve(), fails), Error, "the score is NaN");
  assertEquals(await damageFirst(Promise.resolve(), () => Promise.resolve(1)), 1);
});

const DAMAGED: [key: string, change: Record<string, unknown>][] = [
  ["step", { step: "x" }],
  ["step", { step: null }],
  ["step", { step: -5 }],
  ["step", { step: 1.5 }],
  ["epoch", { epoch: "x" }],
  ["loader", { loader: null }],
  ["loader.normal.pass", { loader: { ...state.loader, normal: { pass: -1, position: 0 } } }],
  ["loader.videos", { loader: { ...state.loader, videos: "x" } }],
  ["history", { history: {} }],
  ["history.0.metrics.ap", { history: [{ step: 5, metrics: { ap: "x" } }] }],
  ["history", { history: [{ step: 1e9, metrics: {} }] }],
  ["best", { best: 1 }],
  ["best", { best: -1 }],
  ["unlogged.0.loss", { unlogged: [{ ...state.unlogged[0], loss: null }] }],
];

for (const [key, change] of DAMAGED) {
  Deno.test(`readCheckpoint() refuses a state with ${JSON.stringify(change)} by file and field`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "last.safetensors");
      const stored = [...weights].map(([name, { shape, data }]) =>
        [name, { dtype: "F32" as const, shape, bytes: data }] as const
      );
      const text = JSON.stringify({ ...state, ...change });
      // Without a digest, as an earlier version wrote it.
      await Deno.writeFile(path, encodeSafetensors(new Map(stored), { "wsvad.state": text }));
      const error = await assertRejects(
        () => readCheckpoint(path),
        TypeError,
        `Cannot resume from "${path}": its training state is damaged: ${key}: `,
      );
      assert(isFault(error));
    }));
}

Deno.test("readCheckpoint() reads a file without a digest, of which uncheckedRemark() tells", () =>
  withFolder(async (folder) => {
    const path = join(folder, "last.safetensors");
    const stored = [...weights].map(([name, { shape, data }]) =>
      [name, { dtype: "F32" as const, shape, bytes: data }] as const
    );
    const about = { "wsvad.state": JSON.stringify(state) };
    await Deno.writeFile(path, encodeSafetensors(new Map(stored), about));
    const read = await readCheckpoint(path);
    assertEquals([read.weights, read.state], [weights, state]);
    assert(uncheckedRemark(path, read.metadata)?.includes("unchecked"));
    await writeCheckpoint(path, { weights, optimizer, state }, {});
    assertEquals(uncheckedRemark(path, (await readCheckpoint(path)).metadata), null);
  }));
