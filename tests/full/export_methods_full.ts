/** Every method out as a PyTorch state dict and in again, and into a module of PyTorch's own. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runExport, stateDictOf } from "../../src/commands/export_checkpoint.ts";
import { listGroup } from "../../src/config/groups.ts";
import { loadCheckpoint } from "../../src/run_folder/load_checkpoint.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { requiresTool } from "../support/required_tools.ts";
import { assertSameScores, smallCheckpoint } from "../support/small_exports.ts";
import { withFolder } from "../support/temporary_folder.ts";

const methods = listGroup("runner", []).map(({ name }) => name);

for (const method of methods) {
  Deno.test(`${method}: exported weights give the same scores, on the fly and imported`, () =>
    withFolder((folder) => assertSameScores(method, folder)));
}

const PYTHON = "/usr/bin/python3";
const hasTorch = existsSync("/usr/lib/python3/dist-packages/torch");
requiresTool("python3-torch", hasTorch);
if (!hasTorch) console.warn("Tests with PyTorch itself are ignored: no python3-torch");

/** Modules nested as the keys say, with parameters and buffers of other values than the file's. */
const STRICT = `
import json, sys, torch
from torch import nn

def module(shapes):
    root = nn.Module()
    for key, shape in shapes.items():
        *path, last = key.split(".")
        inner = root
        for part in path:
            if part not in inner._modules:
                inner.add_module(part, nn.Module())
            inner = inner._modules[part]
        if last == "num_batches_tracked":
            inner.register_buffer(last, torch.tensor(7))
        elif last.startswith("running_"):
            inner.register_buffer(last, torch.full(shape, 7.0))
        else:
            inner.register_parameter(last, nn.Parameter(torch.full(shape, 7.0)))
    return root

sums = {}
for path, shapes in json.load(open(sys.argv[1])).items():
    model = module(shapes)
    model.load_state_dict(torch.load(path, weights_only=True), strict=True)
    sums[path] = {key: value.double().sum().item() for key, value in model.state_dict().items()}
print(json.dumps(sums))
`;

Deno.test({
  name: "PyTorch takes the export of every method strictly, value for value",
  ignore: !hasTorch,
  fn: () =>
    withFolder(async (folder) => {
      const shapes: Record<string, Record<string, readonly number[]>> = {};
      const expected: Record<string, Record<string, number>> = {};
      for (const method of methods) {
        const [own, out] = [`${method}.safetensors`, `${method}.pth`].map((name) =>
          join(folder, name)
        );
        await smallCheckpoint(method, own);
        await runExport({ checkpoint: own, out, overwrite: false });
        const request = { checkpoint: own, overrides: [], configDirs: [] };
        const { weights, config, dim } = await loadCheckpoint(request);
        const { tensors } = stateDictOf(weights, modelConfig(config.runner, config.data, dim));
        shapes[out] = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
        expected[out] = Object.fromEntries(
          [...tensors.keys()].map((name) => {
            const { data = new Float32Array(1) } =
              weights.get(name.replace("clip_adapter.clipmodel.", "clipmodel.")) ??
                {};
            return [name, data.reduce((sum, value) => sum + value, 0)];
          }),
        );
      }
      const told = join(folder, "shapes.json");
      Deno.writeTextFileSync(told, JSON.stringify(shapes));
      const args = ["-c", STRICT, told];
      const { code, stdout, stderr } = await new Deno.Command(PYTHON, { args, cwd: "/" }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      const found = JSON.parse(new TextDecoder().decode(stdout));
      for (const [path, sums] of Object.entries(expected)) {
        assertEquals(Object.keys(found[path]).sort(), Object.keys(sums).sort());
        for (const [name, sum] of Object.entries(sums)) {
          const off = Math.abs(found[path][name] - sum);
          assertEquals(off <= 1e-6 * Math.max(1, Math.abs(sum)), true, `${path}, ${name}: ${off}`);
        }
      }
    }),
});
