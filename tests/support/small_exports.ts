/** Small models of every method as checkpoints, out as PyTorch state dicts and in again. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { runExport } from "../../src/commands/export_checkpoint.ts";
import { runImport } from "../../src/commands/import_checkpoint.ts";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { dumpConfig, resolveConfig } from "../../src/config/resolve_config.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { assemble } from "../../src/model/assemble.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";
import { readWeights, writeWeights } from "../../src/run_folder/checkpoint.ts";
import { CONFIG_KEY, DIM_KEY } from "../../src/run_folder/load_checkpoint.ts";
import { smallRunner } from "../model/combinations.ts";
import { withDevice } from "./with_device.ts";

const DIM = 32, SNIPPETS = 20;
const TOWER = { width: 8, layers: 1, heads: 1 };

/** A small model of a method as a checkpoint of ours, and the settings that make its sizes. */
export async function smallCheckpoint(method: string, path: string): Promise<string[]> {
  const { encoder, head, branch, branches } = smallRunner(method);
  // The official dictionary lies in a file of its own.
  if (method === "s3r") encoder.learned = false;
  // One head in a tower of 8 channels, as an import concludes from its width.
  if (branch && "tower" in branch) branch.tower = { ...TOWER };
  if (branch && "clip" in branch) branch.clip = "checkpoint";
  const settings = Object.entries({ encoder, head, branch, branches })
    .filter(([, value]) => value !== null && (!Array.isArray(value) || value.length > 0))
    .map(([key, value]) => `runner.${key}=${JSON.stringify(value)}`);
  const overrides = [`runner=${method}`, "data.features=clip", ...settings];
  const config = resolveConfig({ catalog: registry, overrides });
  await withDevice(async () => {
    // Weights that a file is to take the place of are zeros: those of no file are random.
    const given = branch && "clip" in branch ? { ...branch, clip: null } : branch;
    const { parameters } = assemble(smallRunner(method, { encoder, branch: given }), 7);
    const weights = await parameters.read();
    parameters.dispose();
    const metadata = { [CONFIG_KEY]: dumpConfig(config), [DIM_KEY]: String(DIM) };
    await writeWeights(path, weights, metadata);
  });
  // What the text is computed by is read off the weights, where they hold it.
  const { prefix, postfix, adapt_until } = (branch ?? {}) as Record<string, unknown>;
  const own = Object.entries({ prefix, postfix, adapt_until })
    .filter(([, value]) => value !== undefined).map(([key, value]) =>
      `runner.branch.${key}=${value}`
    );
  return method === "vadclip" || method === "dsanet"
    ? [...settings.filter((setting) => !setting.startsWith("runner.branch=")), ...own]
    : settings;
}

/** A small model of the method gives the same scores as its export, and as that one's import. */
export async function assertSameScores(method: string, folder: string): Promise<void> {
  const own = join(folder, "own.safetensors"), out = join(folder, "out.pkl");
  const settings = await smallCheckpoint(method, own);
  const { beside, unread } = await runExport({ checkpoint: own, out, overwrite: false });
  const apart = Object.entries(beside).map(([name, file]) => `runner.encoder.${name}=${file}`);
  assertEquals(apart.length, method === "s3r" ? 1 : 0);
  assert(unread > 0 === ["s3r", "clip_tsa", "vadclip", "dsanet"].includes(method), `${unread}`);
  const overrides = [...settings, ...apart];
  const request = { checkpoint: out, runner: method, overrides, configDirs: [] };
  const imported = await runImport({ ...request, overwrite: false });
  const { weights } = await readWeights(imported.path);
  for (const [name, { data }] of (await readWeights(own)).weights) {
    // Branches of training alone keep what they were given out of files.
    if (!weights.has(name)) assert(/^clip\.|^prompt_features$/.test(name), name);
    else assertEquals(weights.get(name)!.data, data, name);
  }
  const values = Float32Array.from({ length: SNIPPETS * DIM }, (_, i) => Math.sin(i * i));
  const video = join(folder, "video.npy");
  Deno.writeFileSync(video, encodeNpy([SNIPPETS, DIM], values));
  const scored = async (checkpoint: string, name: string, foreign = {}) => {
    const { files } = await scoreFiles({
      ...{ checkpoint, overrides: [], configDirs: [], ...foreign },
      ...{ paths: [video], out: join(folder, name), formats: ["csv"], top: 1 },
      ...{ overwrite: false, device: { device: "cpu", blas: "off" }, progress: silent },
    });
    return Deno.readTextFileSync(files[0].written[0]);
  };
  const expected = await scored(own, "own");
  assertEquals(await scored(out, "foreign", { runner: method, overrides }), expected);
  assertEquals(await scored(imported.path, "imported"), expected);
}
