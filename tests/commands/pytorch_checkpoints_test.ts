/** Checkpoints between PyTorch itself and this tool. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runExport } from "../../src/commands/export_checkpoint.ts";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { requiresTool } from "../support/required_tools.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { imported, importFile, MIL } from "./small_mil.ts";

/** Debian's python3-torch, where it is installed. */
const PYTHON = "/usr/bin/python3";
const hasTorch = existsSync("/usr/lib/python3/dist-packages/torch");
requiresTool("python3-torch", hasTorch);
if (!hasTorch) console.warn("Tests with PyTorch itself are ignored: no python3-torch");

/** What a Python program prints, as JSON. */
async function python(program: string, ...args: string[]): Promise<unknown> {
  const command = new Deno.Command(PYTHON, { args: ["-c", program, ...args], cwd: "/" });
  const { code, stdout, stderr } = await command.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const STRICT = `
import sys, json, torch
from torch import nn
class Mil(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 4); self.fc2 = nn.Linear(4, 3); self.fc3 = nn.Linear(3, 1)
model = Mil()
model.load_state_dict(torch.load(sys.argv[1], weights_only=True), strict=True)
print(json.dumps({k: v.flatten().tolist() for k, v in model.state_dict().items()}))
`;

Deno.test({
  name: "what runExport() writes is taken strictly by PyTorch's own module, value for value",
  ignore: !hasTorch,
  fn: () =>
    withFolder(async (folder) => {
      const { path } = await imported(folder, MIL);
      const out = join(folder, "out.pth");
      const result = await runExport({ checkpoint: path, out, overwrite: false });
      assertEquals([result.runner, result.tensors], ["mil", 6]);
      const loaded = await python(STRICT, out) as Record<string, number[]>;
      for (const [name, { bytes }] of MIL) assertEquals(loaded[name], [...bytes]);
    }),
});

const SAVE = `
import sys, json, torch
from torch import nn
torch.manual_seed(0)
model = nn.DataParallel(nn.Sequential())
model.module.fc1 = nn.Linear(8, 4); model.module.fc2 = nn.Linear(4, 3); model.module.fc3 = nn.Linear(3, 1)
for i, zipped in enumerate((True, False)):
    torch.save({"epoch": 3, "state_dict": model.state_dict(), "args": ["a", 1]}, sys.argv[1 + i],
               _use_new_zipfile_serialization=zipped)
print(json.dumps({k[7:]: v.flatten().tolist() for k, v in model.state_dict().items()}))
`;

Deno.test({
  name: "runImport() reads what PyTorch itself saves, in both containers",
  ignore: !hasTorch,
  fn: () =>
    withFolder(async (folder) => {
      const paths = ["new.pth", "old.pth"].map((name) => join(folder, name));
      const saved = await python(SAVE, ...paths) as Record<string, number[]>;
      for (const path of paths) {
        const { weights } = await readWeights((await importFile(path)).path);
        for (const [name, values] of Object.entries(saved)) {
          assertEquals([...weights.get(name)!.data], values);
        }
      }
    }),
});
