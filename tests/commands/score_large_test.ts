/** Checkpoints so large that they are read to where the tensors lie, and checked beside. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { dumpConfig, resolveConfig } from "../../src/config/resolve_config.ts";
import { WORTH_A_THREAD } from "../../src/io/file_digest.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";
import { type Tensors, writeWeights } from "../../src/run_folder/checkpoint.ts";
import { CONFIG_KEY, DIM_KEY } from "../../src/run_folder/load_checkpoint.ts";
import { withFolder } from "../support/temporary_folder.ts";

const DIM = 8, SNIPPETS = 5, WIDE = 4096, NARROW = 2049; // of an odd size behind an odd one

function weightsOfMil(): Tensors {
  const shapes = {
    "fc1.weight": [WIDE, DIM],
    "fc1.bias": [WIDE],
    "fc2.weight": [NARROW, WIDE],
    "fc2.bias": [NARROW],
    "fc3.weight": [1, NARROW],
    "fc3.bias": [1],
  };
  return new Map(
    Object.entries(shapes).map(([name, shape], seed) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (let i = 0; i < data.length; i++) data[i] = ((i * (seed + 7)) % 17 - 8) / 400;
      return [name, { shape, data }];
    }),
  );
}

Deno.test("a large checkpoint is read to where its tensors lie, gives the scores of the same with nothing read so, and is checked before they are told", () =>
  withFolder(async (folder) => {
    const [path, features] = ["mil.safetensors", "v.npy"].map((name) => join(folder, name));
    const overrides = ["runner=mil", `runner.head.hidden=[${WIDE},${NARROW}]`];
    const config = dumpConfig(resolveConfig({ catalog: registry, overrides }));
    await writeWeights(path, weightsOfMil(), { [CONFIG_KEY]: config, [DIM_KEY]: String(DIM) });
    assert(Deno.statSync(path).size > WORTH_A_THREAD);
    const values = Float32Array.from({ length: SNIPPETS * DIM }, (_, at) => (at * 3) % 7);
    Deno.writeFileSync(features, encodeNpy([SNIPPETS, DIM], values));
    const score = (out: string, runner?: string) =>
      scoreFiles({
        checkpoint: path,
        runner,
        paths: [features],
        overrides: runner === undefined ? [] : overrides.slice(1),
        configDirs: [],
        out: join(folder, out),
        formats: ["csv"],
        top: 3,
        overwrite: false,
        device: { device: "cpu", blas: "off" },
        progress: silent,
      });
    await score("own");
    await score("foreign", "mil");
    const [own, foreign] = ["own", "foreign"].map((out) =>
      Deno.readTextFileSync(join(folder, out, "v.csv"))
    );
    assertEquals(own, foreign);
    assert(new Set(own.split("\n").map((line) => line.split(",").at(-1))).size > 3);
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 4] ^= 1;
    Deno.writeFileSync(path, bytes);
    await assertRejects(() => score("damaged"), Error, "it is not as wsvad wrote it");
    assert(!existsSync(join(folder, "damaged")));
  }));
