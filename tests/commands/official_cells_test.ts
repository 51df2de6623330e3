/** Imported checkpoints as cells of a matrix. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runEvaluation } from "../../src/commands/run_evaluation.ts";
import { runImport } from "../../src/commands/import_checkpoint.ts";
import { type MatrixRequest, runMatrix } from "../../src/commands/run_matrix.ts";
import { encodeTorchZip } from "../../src/io/torch_write.ts";
import { silent } from "../../src/progress.ts";
import { SMALL_DATA } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const DATA = [...SMALL_DATA, "data.crops=2", "data.segments=6"];
const SIZES = "runner.head.hidden=[4,3]";
const device = { device: "cpu", blas: "off" } as const;

/** Weights of a small mil under the official names, as PyTorch saves them. */
async function writeMil(path: string, seed: number): Promise<void> {
  const shapes = { fc1: [4, 8], fc2: [3, 4], fc3: [1, 3] };
  const values = (shape: number[], from: number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = Float32Array.from({ length: count }, (_, i) => Math.sin(from + i));
    return { dtype: "F32" as const, shape, bytes };
  };
  const tensors = Object.entries(shapes).flatMap(([name, shape], i) =>
    [
      [`${name}.weight`, values(shape, seed + i)],
      [`${name}.bias`, values([shape[0]], seed - i)],
    ] as const
  );
  await Deno.writeFile(path, await encodeTorchZip(new Map(tensors)));
}

function run(folder: string, official: string[], more: Partial<MatrixRequest> = {}) {
  return runMatrix({
    folder: join(folder, "grid"),
    official,
    seeds: 1,
    device,
    progress: silent,
    ...more,
    settings: [...DATA, `mil:${SIZES}`, ...more.settings ?? []],
  });
}

Deno.test("runMatrix() puts imported checkpoints into cells of their own, once and without training", () =>
  withFolder(async (folder) => {
    const [raw, own] = [join(folder, "best.pkl"), join(folder, "own.safetensors")];
    await writeMil(raw, 1);
    await writeMil(join(folder, "other.pkl"), 5);
    const imported = { overrides: [SIZES], configDirs: [], overwrite: false };
    await runImport({
      ...imported,
      ...{ checkpoint: join(folder, "other.pkl"), runner: "mil", out: own },
    });
    const { groups: [{ rows }], failed, files } = await run(folder, [`mil:${raw}`, own]);
    assertEquals(failed, []);
    assertEquals(rows.map(({ runner, official, seconds }) => [runner, official, seconds]), [
      ["mil", "best.pkl", null],
      ["mil", "own.safetensors", null],
    ]);
    for (const { changes } of rows) {
      assert(changes.some((change) => change.startsWith("runner.head.hidden")), `${changes}`);
      assert(!changes.some((change) => change.includes("features.dim")), `${changes}`);
    }
    const cells = rows.flatMap((row) => row.cells);
    for (const { folder: cell } of cells) {
      assert(existsSync(join(folder, "grid", cell, "report.html")));
      assert(!existsSync(join(folder, "grid", cell, "last.safetensors")));
    }
    const direct = await runEvaluation({
      ...{ checkpoint: raw, runner: "mil", overrides: [SIZES, ...DATA], configDirs: [] },
      ...{ overwrite: false, device, progress: silent },
    });
    assertEquals(cells[0].metrics, direct.evaluation.metrics);
    assert(cells[0].key !== cells[1].key);
    assertStringIncludes(await Deno.readTextFile(files.html), "mil, imported");

    // The same request reads what is there; a trained row stands beside, in the same table.
    const evaluated = join(folder, "grid", cells[0].folder, "evaluation.json");
    const { mtime } = await Deno.stat(evaluated);
    const both = await run(folder, [`mil:${raw}`], {
      runners: ["mil"],
      settings: ["trainer.loop=steps", "trainer.max_steps=1"],
    });
    assertEquals((await Deno.stat(evaluated)).mtime, mtime);
    assertEquals(both.groups.length, 1);
    assertEquals(both.groups[0].rows.map(({ official, cells }) => [official, cells[0].seed]), [
      ["best.pkl", null],
      [null, 0],
    ]);
    assertEquals(both.groups[0].rows[0].cells[0].key, cells[0].key);
  }));

Deno.test("runMatrix() refuses what is no checkpoint before anything is run, and lists weights that do not fit", () =>
  withFolder(async (folder) => {
    const raw = join(folder, "best.pkl");
    await writeMil(raw, 1);
    for (
      const [words, told] of [
        [[join(folder, "none.pkl")], "no such file"],
        [[raw], `does not say which method it holds; write NAME:${raw}`],
        [[`mil:${raw}`, `mil:${raw}`], "named twice"],
      ] as const
    ) {
      await assertRejects(() => run(folder, [...words]), Error, told);
      assert(!existsSync(join(folder, "grid")));
    }
    const { failed: [{ official, seed, message }], groups } = await run(folder, [`mil:${raw}`], {
      settings: ["mil:runner.head.hidden=[4,2]"],
    });
    assertEquals([groups.length, official, seed], [0, "best.pkl", null]);
    assertStringIncludes(message!, "fc2.weight: expected [2,4], found [3,4]");
  }));
