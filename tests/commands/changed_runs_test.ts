/**
 * Runs whose files are no longer as the run left them: what is refused, what is said, what goes on.
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { runEvaluation } from "../../src/commands/run_evaluation.ts";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { isFault } from "../../src/fault.ts";
import { type FileSystem, realFileSystem } from "../../src/io/file_system.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { encodeSafetensors, readSafetensors } from "../../src/io/safetensors.ts";
import { silent } from "../../src/progress.ts";
import { tool } from "../../src/tool.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const device = { device: "cpu", blas: "off" } as const;

/**
 * Writes a checkpoint again with other metadata, and without a digest, which other tools leave out.
 */
async function rewrite(
  path: string,
  change: (metadata: Record<string, string>) => Record<string, string>,
): Promise<void> {
  const { tensors, metadata: { "wsvad.sha256": _, ...metadata } } = await readSafetensors(path);
  await Deno.writeFile(path, encodeSafetensors(tensors, change(metadata)));
}

function editConfig(folder: string, from: string, to: string): void {
  const path = join(folder, "config.yaml");
  const text = Deno.readTextFileSync(path);
  assertStringIncludes(text, from);
  Deno.writeTextFileSync(path, text.replace(from, to));
}

Deno.test("resumeTraining() refuses a step beyond the end of the run that wrote it", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const last = join(folder, "last.safetensors");
    await rewrite(last, (metadata) => {
      const state = { ...JSON.parse(metadata["wsvad.state"]), step: 1e9 };
      return { ...metadata, "wsvad.state": JSON.stringify(state) };
    });
    const before = Deno.readFileSync(join(folder, "best.safetensors"));
    const error = await assertRejects(
      () => resumeIn(folder),
      RangeError,
      `Cannot resume from "${last}": it is of step 1000000000, and its run ends at step 12`,
    );
    assert(isFault(error));
    assertEquals(Deno.readFileSync(join(folder, "best.safetensors")), before);
  }));

Deno.test("resumeTraining() of a finished run whose end was lowered writes its result again", () =>
  withFolder(async (folder) => {
    const { best, last } = await trainInto(folder, smallConfig());
    editConfig(folder, "max_steps: 12", "max_steps: 6");
    for (const name of ["result.json", "report.html"]) Deno.removeSync(join(folder, name));
    const weights = Deno.readFileSync(join(folder, "best.safetensors"));
    const again = await resumeIn(folder);
    assertEquals([again.steps, again.best, again.last], [12, best, last]);
    assertStringIncludes(again.warnings.join(), "config.yaml is not that of the checkpoint");
    assertEquals(JSON.parse(Deno.readTextFileSync(join(folder, "result.json"))).steps, 12);
    assert(Deno.statSync(join(folder, "report.html")).isFile);
    assertEquals(Deno.readFileSync(join(folder, "best.safetensors")), weights);
  }));

Deno.test("resumeTraining() says that another version of the tool made the run", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const last = join(folder, "last.safetensors");
    await rewrite(last, (metadata) => ({ ...metadata, tool: "wsvad 0.0.1" }));
    const { warnings } = await resumeIn(folder);
    assertEquals(warnings, [
      `the run was made by wsvad 0.0.1, from step 12 on by ${tool.name} ${tool.version}: ` +
      "numbers may differ from those of an uninterrupted run",
    ]);
  }));

Deno.test("runEvaluation() and scoreFiles() say that config.yaml is not that of the weights", () =>
  withFolder(async (folder) => {
    const [run, features] = ["run", "features"].map((name) => join(folder, name));
    for (const path of [run, features]) Deno.mkdirSync(path);
    await trainInto(run, smallConfig("trainer.max_steps=1"));
    Deno.writeFileSync(
      join(features, "v.npy"),
      encodeNpy([5, 8], Float32Array.from({ length: 40 }, (_, i) => Math.sin(i))),
    );
    const common = { checkpoint: run, overrides: [], configDirs: [], overwrite: true, device };
    const warningsNow = async () => {
      const told: string[] = [];
      const progress = { ...silent, note: (text: string) => void told.push(text) };
      const evaluated = await runEvaluation({ ...common, progress });
      const scored = await scoreFiles({
        ...common,
        progress,
        paths: [features],
        out: join(folder, "scores"),
        formats: ["csv"],
        top: 1,
      });
      return { results: [evaluated.warnings, scored.warnings], told: told.join("\n") };
    };
    assertEquals((await warningsNow()).told.includes("is not the configuration"), false);
    editConfig(run, "max_steps: 1", "max_steps: 9"); // means nothing to trained weights
    assertEquals((await warningsNow()).told.includes("is not the configuration"), false);
    editConfig(run, "normalize: l2", "normalize: none");
    const { results } = await warningsNow();
    const path = join(run, "config.yaml");
    for (const warnings of results) {
      assertStringIncludes(warnings.join("\n"), `"${path}" is not the configuration of`);
    }
  }));

/** Tells what is synced and renamed, in order. */
function tellingFileSystem(done: string[]): FileSystem {
  const opening = (open: FileSystem["create"]) => async (path: string) => {
    const file = await open(path);
    return {
      write(bytes: Uint8Array) {
        if (bytes.length > 0) done.push(`write ${path}`);
        return file.write(bytes);
      },
      async sync() {
        await file.sync();
        done.push(`sync ${path}`);
      },
      close: () => file.close(),
    };
  };
  return {
    ...realFileSystem,
    create: opening(realFileSystem.create),
    append: opening(realFileSystem.append),
    async rename(from, to) {
      await realFileSystem.rename(from, to);
      done.push(`rename ${to}`);
    },
  };
}

Deno.test("runTraining() has the log on the device before a checkpoint takes its place", () =>
  withFolder(async (folder) => {
    const done: string[] = [];
    await trainInto(folder, smallConfig(), { fs: tellingFileSystem(done) });
    const log = join(folder, "log.jsonl"), last = join(folder, "last.safetensors");
    let unsynced = 0, written = 0, checkpoints = 0;
    for (const call of done) {
      if (call === `write ${log}`) [unsynced, written] = [unsynced + 1, written + 1];
      if (call === `sync ${log}`) unsynced = 0;
      if (call !== `rename ${last}`) continue;
      checkpoints++;
      assertEquals(unsynced, 0, done.join("\n"));
    }
    assert(written > 4 && checkpoints > 4, done.join("\n"));
  }));

Deno.test("the page of a run says that weights were chosen on the test set", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const page = Deno.readTextFileSync(join(folder, "report.html"));
    assertStringIncludes(page, "weights were chosen on the test set");
  }));
